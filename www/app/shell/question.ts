import { find } from './dom.js';

/** Asks before something that cannot be undone. Resolves to true only for a clear yes. */
export function ask(words: string, yes: string, no: string): Promise<boolean> {
  const dialog = find(document, '#question', HTMLDialogElement);
  find(dialog, '#question-title', HTMLElement).textContent = words;
  find(dialog, '[value=yes]', HTMLButtonElement).textContent = yes;
  find(dialog, '[value=""]', HTMLButtonElement).textContent = no;
  // Escape leaves what was answered the last time.
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener(
      'close',
      () => {
        resolve(dialog.returnValue === 'yes');
      },
      { once: true },
    );
  });
}
