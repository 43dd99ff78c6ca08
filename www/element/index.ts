import { NijigenPhoto, type NijigenPhotoEvents } from './photo.js';

export { NijigenPhoto, type NijigenPhotoEvents, type NijigenPhotoState } from './photo.js';

const NAME = 'nijigen-photo';

// A server has no elements, and two copies of this package may be on one page.
const { customElements: registry } = globalThis as { customElements?: CustomElementRegistry };
if (registry && !registry.get(NAME)) registry.define(NAME, NijigenPhoto);

declare global {
  interface HTMLElementTagNameMap {
    'nijigen-photo': NijigenPhoto;
  }
  // So that every element they bubble through has them.
  interface GlobalEventHandlersEventMap extends NijigenPhotoEvents {}
}
