import { hasUnsaved } from './shell/activity.js';
import { fetchAhead } from './offline/prefetch.js';
import { Announcer } from './shell/announcer.js';
import { Camera } from './camera/camera.js';
import { Compare } from './viewer/compare.js';
import { find } from './shell/dom.js';
import { isModel } from './intake/folder.js';
import { Gallery } from './gallery/gallery.js';
import { offerInstall } from './offline/install.js';
import { takeIn } from './intake/intake.js';
import { offerLanguages } from './shell/language.js';
import { takeLaunches } from './intake/launch.js';
import { Panel } from './panel.js';
import { able, drawVideos, isVideo } from './moving/offer.js';
import { offerSamples } from './intake/samples.js';
import { bringBack } from './gallery/session/offer.js';
import { theConverter } from './shell/converter.js';
import { decimal, onLanguage, text, translatePage } from './shell/text.js';
import { offerThemes } from './shell/theme.js';
import { takeUpdates } from './offline/update.js';

document.querySelector('.unstarted')?.remove();
translatePage();
offerLanguages(find(document, '[name=language]', HTMLSelectElement));
offerThemes(find(document, '[name=theme]', HTMLSelectElement));
onLanguage(new Compare(find(document, '.hero', HTMLElement)).split);

const input = find(document, 'input[type=file]', HTMLInputElement);
const gallery = new Gallery(
  find(document, '.gallery', HTMLElement),
  find(document, '#card', HTMLTemplateElement),
  new Announcer(find(document, '#announcements', HTMLElement)),
  find(document, '.batch', HTMLElement),
  input,
);
void bringBack(gallery, find(document, '.earlier', HTMLElement), input);
const panel = new Panel(find(document, '#open-panel', HTMLButtonElement));
const take = (files: readonly File[]) => {
  const models = files.filter(isModel);
  const videos = files.filter(isVideo);
  void gallery.add(files.filter((file) => !isModel(file) && !isVideo(file)));
  void drawVideos(videos, (words) => {
    gallery.say(words);
  }).then((others) => gallery.add(others));
  if (models.length > 0) panel.addModels(models);
};
if (able) input.accept += ',video/*';
const folder = find(document, '#choose-folder', HTMLButtonElement);
takeIn(
  input,
  folder,
  ({ files, leftOut }) => {
    take(files);
    if (leftOut > 0) gallery.say(() => text('batch.left-out', { count: leftOut }));
  },
  () => {
    gallery.say(() => text('batch.elsewhere'));
  },
);
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
    '#kept': () => void panel.openKept(),
  },
);
// The first use of Intl takes some 30 ms: better now than when somebody waits for a picture.
setTimeout(() => decimal(0));

// Who installs the page wants it to last; others are asked only where they ask for it.
addEventListener('appinstalled', () => void theConverter().then(({ cache }) => cache.persist()));

// What has grown too old goes even on visits that draw nothing. Where nothing was ever kept this fetches no engine.
const whenIdle = (window as Partial<typeof window>).requestIdleCallback ?? setTimeout;
addEventListener('load', () => {
  whenIdle(
    () =>
      void theConverter()
        .then(({ cache }) => cache.stats())
        .catch(() => undefined),
  );
  fetchAhead();
});

// What somebody waits for, or has not saved, is not lost with a slip of the hand.
addEventListener('beforeunload', (event) => {
  if (hasUnsaved()) event.preventDefault();
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
  () => gallery.survives,
  find(document, '.update', HTMLElement),
);
