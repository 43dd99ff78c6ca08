import { busy } from './activity.js';
import { fetchAhead } from './ahead.js';
import { Announcer } from './announcer.js';
import { Camera } from './camera.js';
import { Compare } from './compare.js';
import { find } from './dom.js';
import { isModel } from './folder.js';
import { Gallery } from './gallery.js';
import { offerInstall } from './install.js';
import { takeIn } from './intake.js';
import { offerLanguages } from './language.js';
import { takeLaunches } from './launch.js';
import { Panel } from './panel.js';
import { offerSamples } from './samples.js';
import { studio } from './studio.js';
import { decimal, onLanguage, text, translatePage } from './text.js';
import { takeUpdates } from './update.js';

translatePage();
offerLanguages(find(document, '[name=language]', HTMLSelectElement));
onLanguage(new Compare(find(document, '.hero', HTMLElement)).split);

const input = find(document, 'input[type=file]', HTMLInputElement);
const gallery = new Gallery(
  find(document, '.gallery', HTMLElement),
  find(document, '#card', HTMLTemplateElement),
  new Announcer(find(document, '#announcements', HTMLElement)),
  find(document, '.batch', HTMLElement),
  input,
);
const panel = new Panel(find(document, '#open-panel', HTMLButtonElement));
const take = (files: readonly File[]) => {
  const models = files.filter(isModel);
  void gallery.add(files.filter((file) => !isModel(file)));
  if (models.length > 0) panel.addModels(models);
};
const folder = find(document, '#choose-folder', HTMLButtonElement);
takeIn(input, folder, ({ files, leftOut }) => {
  take(files);
  if (leftOut > 0) gallery.say(() => text('batch.left-out', { count: leftOut }));
});
offerSamples(find(document, '.samples', HTMLElement), (photo) => {
  void gallery.add([photo], { format: 'jpeg' });
  // The samples are gone with the first photo, and the focus with them.
  input.focus({ preventScroll: true });
});

const camera = new Camera(find(document, '#open-camera', HTMLButtonElement), (photo) => {
  take([photo]);
});
offerInstall(find(document, '.install', HTMLButtonElement));
takeLaunches(
  take,
  () => {
    gallery.say(() => text('batch.share-lost'));
  },
  {
    '#camera': () => {
      camera.open();
    },
    '#kept': () => {
      panel.open();
    },
  },
);
// The first use of Intl takes some 30 ms: better now than when somebody waits for a picture.
setTimeout(() => decimal(0));

// Who installs the page wants it to last; others are asked only where they ask for it.
addEventListener('appinstalled', () => void studio().then(({ cache }) => cache.persist()));

// What has grown too old goes even on visits that draw nothing. Where nothing was ever kept this fetches no engine.
const whenIdle = (window as Partial<typeof window>).requestIdleCallback ?? setTimeout;
addEventListener('load', () => {
  whenIdle(
    () =>
      void studio()
        .then(({ cache }) => cache.stats())
        .catch(() => undefined),
  );
  fetchAhead();
});

// What somebody waits for is not lost with a slip of the hand.
addEventListener('beforeunload', (event) => {
  if (busy()) event.preventDefault();
});

// Whoever is choosing photos must not lose the page under the file dialog, nor one of its own.
let choosing = false;
for (const opener of [input, folder]) {
  opener.addEventListener('click', () => {
    choosing = true;
  });
}
void takeUpdates(
  () => !choosing && gallery.empty && location.hash === '' && !document.querySelector('dialog[open]'),
  find(document, '.update', HTMLElement),
);
