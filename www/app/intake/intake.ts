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

  onDrop((data) => {
    if (data.types.includes('Files')) return void dropped(data).then(take);
    const address = addressIn(data);
    if (address === undefined) return;
    void linked(address).then((file) => {
      if (file) add([file]);
      else refuse();
    });
  });
}

/** Whether a result of ours is dragged out: a file, too, and no photo when it is let go here. */
function ownDrags(): () => boolean {
  let own = false;
  document.addEventListener('dragstart', () => {
    own = true;
  });
  document.addEventListener('dragend', () => {
    own = false;
  });
  return () => own;
}

/** `drop` is given what is let go on the page; while it hovers the page shows it. */
function onDrop(drop: (data: DataTransfer) => void): void {
  const isOwn = ownDrags();
  // Entering a child leaves its parent, so the events are counted.
  let depth = 0;
  const over = (change: number) => {
    depth = Math.max(0, depth + change);
    document.body.classList.toggle('dropping', depth > 0);
  };
  const on = (type: 'dragenter' | 'dragover' | 'dragleave' | 'drop', handle: (data: DataTransfer) => void) => {
    document.addEventListener(type, (event) => {
      const { dataTransfer, target } = event;
      if (isOwn() || !dataTransfer || (target instanceof HTMLElement && target.matches('input[type=text]'))) return;
      const words = dataTransfer.types.includes('text/plain');
      const taken = dataTransfer.types.includes('Files') || mayBeLinked(dataTransfer);
      // Else the browser would leave the page for what is let go; some do for words that are an address.
      if (taken || words) event.preventDefault();
      if (taken) handle(dataTransfer);
    });
  };
  on('dragenter', () => {
    over(1);
  });
  on('dragleave', () => {
    over(-1);
  });
  on('dragover', () => undefined);
  on('drop', (data) => {
    over(-depth);
    drop(data);
  });
}
