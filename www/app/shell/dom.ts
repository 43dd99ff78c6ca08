/** The element that matches, which the page is known to have. */
export function find<E extends Element>(root: ParentNode, selector: string, kind: new () => E): E {
  const found = root.querySelector(selector);
  if (!(found instanceof kind)) throw new Error(`the page has no ${selector}`);
  return found;
}

/** Hides what is still to come, whose room stays: nothing is to move under a finger when it comes. */
export function keepRoom(element: Element, coming: boolean): void {
  element.classList.toggle('coming', coming);
}

/** Makes a menu close with Escape and with a press beside it, until it is over. */
export function closeElsewhere(menu: HTMLDetailsElement, over?: AbortSignal): void {
  menu.addEventListener('keydown', ({ key }) => {
    if (key !== 'Escape' || !menu.open) return;
    menu.open = false;
    menu.querySelector('summary')?.focus();
  });
  for (const type of ['pointerdown', 'focusin'])
    document.addEventListener(
      type,
      ({ target }) => {
        if (target instanceof Node && !menu.contains(target)) menu.open = false;
      },
      over ? { signal: over } : {},
    );
}

/** Makes a dialog close with its button and with a press beside it, as Escape does by itself. */
export function closeOutside(dialog: HTMLDialogElement): void {
  find(dialog, '.close', HTMLButtonElement).addEventListener('click', () => {
    dialog.close();
  });
  // Its sheet covers all of it, so only the backdrop is left. A slider may be let go there, which is no press.
  let pressed = false;
  dialog.addEventListener('pointerdown', ({ target }) => {
    pressed = target === dialog;
  });
  dialog.addEventListener('click', ({ target }) => {
    if (pressed && target === dialog) dialog.close();
  });
}
