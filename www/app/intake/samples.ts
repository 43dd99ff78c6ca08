import { samples, type Sample } from '../shell/build.js';
import { find } from '../shell/dom.js';
import { controlled } from '../shell/service-worker.js';
import { onLanguage, sentenceFor, text } from '../shell/text.js';

/** Offers photos to begin with. */
export function offerSamples(root: HTMLElement, add: (photo: File) => void): void {
  const problem = find(root, '.sentence', HTMLElement);
  const captions: { readonly caption: HTMLElement; readonly name: () => string }[] = [];
  const items = samples.map((sample) => {
    const name = () => text(`sample.${sample.name.replace(/\..*$/, '')}`);
    const caption = document.createElement('span');
    captions.push({ caption, name });
    const image = Object.assign(new Image(80, 80), { src: sample.small, alt: '' });
    const button = Object.assign(document.createElement('button'), { type: 'button', className: 'sample' });
    button.append(image, caption);
    button.addEventListener('click', () => {
      button.ariaBusy = 'true';
      problem.textContent = '';
      take(sample, name())
        .then(add)
        .catch(() => {
          problem.textContent = sentenceFor('network');
        })
        .finally(() => {
          button.ariaBusy = null;
        });
    });
    const item = document.createElement('li');
    item.append(button);
    return item;
  });
  const speaker = {
    retranslate: () => {
      for (const { caption, name } of captions) caption.textContent = name();
    },
  };
  speaker.retranslate();
  onLanguage(speaker);
  find(root, 'ul', HTMLElement).append(...items);
  root.hidden = items.length === 0;
}

async function take({ url }: Sample, name: string): Promise<File> {
  // From then on what is fetched is there without a network, too.
  await controlled;
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered with status ${String(response.status)}`);
  return new File([await response.arrayBuffer()], `${name}.jpg`, { type: 'image/jpeg' });
}
