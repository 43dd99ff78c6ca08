import { find } from './dom.js';
import { Gallery } from './gallery.js';
import { takeIn } from './intake.js';
import { translatePage } from './text.js';

translatePage();

const gallery = new Gallery(
  find(document, '.gallery', HTMLElement),
  find(document, '#card', HTMLTemplateElement),
  find(document, '#announcements', HTMLElement),
);
takeIn(find(document, 'input[type=file]', HTMLInputElement), (files) => {
  gallery.add(files);
});
