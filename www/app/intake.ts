import { chosen, dropped, type Taken } from './folder.js';

/** The ways in: choosing files or a folder, dropping anywhere on the page, pasting. */
export function takeIn(input: HTMLInputElement, folder: HTMLButtonElement, take: (taken: Taken) => void): void {
  const add = (files: readonly File[]) => {
    take({ files, leftOut: 0 });
  };
  input.addEventListener('change', () => {
    add([...(input.files ?? [])]);
    // Else choosing the same file again would not be a change.
    input.value = '';
  });

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
  const onFiles = (type: 'dragenter' | 'dragover' | 'dragleave' | 'drop', handle: (event: DragEvent) => void) => {
    document.addEventListener(type, (event) => {
      if (own || !event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      handle(event);
    });
  };
  onFiles('dragenter', () => {
    over(1);
  });
  onFiles('dragleave', () => {
    over(-1);
  });
  onFiles('dragover', () => undefined);
  onFiles('drop', (event) => {
    over(-depth);
    if (event.dataTransfer) void dropped(event.dataTransfer).then(take);
  });
}
