import { chosen, dropped, type Taken } from './folder.js';
import { addressIn, linked, mayBeLinked } from './linked.js';

/**
 * The ways in: choosing files or a folder, dropping anywhere on the page, pasting. `refuse` is told of a picture of another
 * page that cannot be had.
 */
export function takeIn(
  input: HTMLInputElement,
  folder: HTMLButtonElement,
  take: (taken: Taken) => void,
  refuse: () => void,
): void {
  const add = (files: readonly File[]) => {
    take({ files, leftOut: 0 });
  };
  const chosenHere = () => {
    add([...(input.files ?? [])]);
    // Else choosing the same file again would not be a change.
    input.value = '';
  };
  input.addEventListener('change', chosenHere);
  // Chosen before the page's script was there.
  if (input.files?.length) chosenHere();

  // Phones have the property, and no folders to choose from.
  folder.hidden = !('webkitdirectory' in input) || !matchMedia('(any-hover: hover)').matches;
  folder.addEventListener('click', () => void chosen().then(take));

  document.addEventListener('paste', (event) => {
    add([...(event.clipboardData?.files ?? [])]);
  });

  // Entering a child leaves its parent, so the events are counted.
  let depth = 0;
  // A result that is dragged out is a file, too, and no photo when it is let go here.
  let own = false;
  document.addEventListener('dragstart', () => {
    own = true;
  });
  document.addEventListener('dragend', () => {
    own = false;
  });
  const over = (change: number) => {
    depth = Math.max(0, depth + change);
    document.body.classList.toggle('dropping', depth > 0);
  };
  const onDrag = (type: 'dragenter' | 'dragover' | 'dragleave' | 'drop', handle: (event: DragEvent) => void) => {
    document.addEventListener(type, (event) => {
      const { dataTransfer, target } = event;
      if (own || !dataTransfer || (target instanceof HTMLElement && target.matches('input[type=text]'))) return;
      const words = dataTransfer.types.includes('text/plain');
      const taken = dataTransfer.types.includes('Files') || mayBeLinked(dataTransfer);
      // Else the browser would leave the page for what is let go; some do for words that are an address.
      if (taken || words) event.preventDefault();
      if (!taken) return;
      handle(event);
    });
  };
  onDrag('dragenter', () => {
    over(1);
  });
  onDrag('dragleave', () => {
    over(-1);
  });
  onDrag('dragover', () => undefined);
  onDrag('drop', (event) => {
    over(-depth);
    const { dataTransfer } = event;
    if (!dataTransfer) return;
    if (dataTransfer.types.includes('Files')) return void dropped(dataTransfer).then(take);
    const address = addressIn(dataTransfer);
    if (address === undefined) return;
    void linked(address).then((file) => {
      if (file) add([file]);
      else refuse();
    });
  });
}
