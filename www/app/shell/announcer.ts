const KEPT = 10;

/** Says to screen readers what the eye sees anyway. */
export class Announcer {
  constructor(readonly log: HTMLElement) {}

  /** Adds to what was said before: two photos may end at the same moment. */
  say(words: string): void {
    const line = document.createElement('p');
    line.textContent = words;
    this.log.append(line);
    while (this.log.childElementCount > KEPT) this.log.firstElementChild?.remove();
  }
}
