import { find } from './dom.js';
import { Gallery } from './gallery.js';
import { takeIn } from './intake.js';
import { translatePage } from './text.js';
import { takeUpdates } from './update.js';

translatePage();

const gallery = new Gallery(
  find(document, '.gallery', HTMLElement),
  find(document, '#card', HTMLTemplateElement),
  find(document, '#announcements', HTMLElement),
);
const input = find(document, 'input[type=file]', HTMLInputElement);
takeIn(input, (files) => {
  gallery.add(files);
});

// Whoever is choosing photos must not lose the page under the dialog.
let choosing = false;
input.addEventListener('click', () => {
  choosing = true;
});
void takeUpdates(() => !choosing && gallery.empty);
