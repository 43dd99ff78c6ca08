import { NijigenError, type ErrorCode } from '../../client/index.js';
import { movingUrl } from '../shell/build.js';
import { find } from '../shell/dom.js';
import { fetchModule } from '../shell/fetch-module.js';
import { moves } from '../shell/kind.js';
import { onLanguage, sentenceFor, text } from '../shell/text.js';
import { MovingDialog, type Film } from './dialog.js';

/** Whether this browser decodes frames one by one and makes films of them. */
export const able =
  'ImageDecoder' in globalThis && 'VideoDecoder' in globalThis && 'VideoEncoder' in globalThis && movingUrl !== '';
const VIDEO = /\.(mp4|m4v|mov|webm|mkv)$/i;

let dialog: MovingDialog | undefined;

export const isVideo = ({ name, type }: File): boolean => able && (type.startsWith('video/') || VIDEO.test(name));

/** Resolves when no film is open: a second one would end the first. */
let free: Promise<void> = Promise.resolve();

/**
 * Gives what lets the file be drawn; rejects with `corrupt-image` where this browser cannot decode it, with `network`
 * where what decodes it cannot be fetched.
 */
async function open(file: File): Promise<(style?: string) => Promise<void>> {
  const film = await fetchFilm();
  const moving = await film.open(file).catch((cause: unknown) => {
    throw new NijigenError('corrupt-image', String(cause), { cause });
  });
  return (style) =>
    (free = free.catch(() => undefined).then(() => (dialog ??= new MovingDialog()).show(film, file, moving, style)));
}

async function fetchFilm(): Promise<Film> {
  try {
    return (await fetchModule(new URL(movingUrl, document.baseURI).href)) as Film;
  } catch (cause) {
    throw new NijigenError('network', `${movingUrl} could not be fetched`, { cause });
  }
}

const codeOf = (error: unknown): ErrorCode => (error instanceof NijigenError ? error.code : 'internal');

/** Opens videos, one after the other; gives those back that this browser cannot draw. `say` is told of any other fault. */
export async function drawVideos(files: readonly File[], say: (words: () => string) => void): Promise<readonly File[]> {
  const others: File[] = [];
  for (const file of files) {
    try {
      const show = await open(file);
      await show();
    } catch (error) {
      const code = codeOf(error);
      if (code === 'corrupt-image') others.push(file);
      else say(() => `${file.name}: ${sentenceFor(code)}`);
    }
  }
  return others;
}

/** Says of a photo that it moves, where it does, and lets all of it be drawn where that can be done. */
export async function offerMoving(
  root: HTMLElement,
  file: File,
  style: () => string | undefined,
  over: AbortSignal,
): Promise<void> {
  if (!(await moves(file).catch(() => false)) || over.aborted) return;
  const words = find(root, 'p', HTMLElement);
  const button = find(root, 'button', HTMLButtonElement);
  let failed: ErrorCode | undefined;
  const speaker = {
    retranslate: () => {
      words.textContent = failed ? sentenceFor(failed) : text(able ? 'moving.offer' : 'card.moving');
      button.ariaLabel = text('moving.open-label', { name: file.name });
    },
  };
  button.hidden = !able;
  button.addEventListener('click', () => {
    button.ariaBusy = 'true';
    failed = undefined;
    void open(file)
      .then((show) => show(style()))
      .catch((error: unknown) => {
        failed = codeOf(error);
      })
      .finally(() => {
        button.ariaBusy = null;
        speaker.retranslate();
      });
  });
  speaker.retranslate();
  onLanguage(speaker, over);
  root.hidden = false;
}
