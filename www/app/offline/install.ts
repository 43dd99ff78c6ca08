/** Only some browsers have it. */
interface InstallPrompt extends Event {
  prompt(): Promise<unknown>;
}

/** Shows the button while the browser would install the page. */
export function offerInstall(button: HTMLButtonElement): void {
  let offered: InstallPrompt | undefined;
  const show = (prompt: InstallPrompt | undefined) => {
    offered = prompt;
    button.hidden = !prompt;
  };
  addEventListener('beforeinstallprompt', (event) => {
    // The button asks, when somebody wants it, in place of the browser's own bar.
    event.preventDefault();
    show(event as InstallPrompt);
  });
  addEventListener('appinstalled', () => {
    show(undefined);
  });
  button.addEventListener('click', () => {
    void offered?.prompt();
    // A prompt can be used once; a browser that would ask again says so.
    show(undefined);
  });
}
