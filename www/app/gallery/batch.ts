import type { Announcer } from '../shell/announcer.js';
import { closeElsewhere, find, keepRoom } from '../shell/dom.js';
import { Estimate } from './estimate.js';
import { failureOf, photosFault } from './job.js';
import type { ListedPhoto } from './listed-photo.js';
import { theConverter } from '../shell/converter.js';
import { onStyles, styleName } from '../shell/style-names.js';
import { duration, onLanguage, text } from '../shell/text.js';
import { saveZip } from './zip.js';

/** So many photos are told one by one, more only in sums. */
export const TOLD_EACH = 3;
const SUM_MS = 15_000;
/** No more often is the bar brought up to date. */
const SHOWN_MS = 100;
/** How long a cleared list can be taken back; longer while somebody is about to. */
const UNDO_MS = 10_000;

export interface BatchActions {
  /** Takes them off the list; they can be put back until they are let go. */
  takeOff(items: readonly ListedPhoto[]): void;
  putBack(): void;
  letGo(): void;
  /** Draws all in this style. */
  restyle(style: string): void;
  cancel(items: readonly ListedPhoto[]): void;
}

type Action = 'save' | 'retry' | 'cancel' | 'clear' | 'undo';

/** Photos on their way together: from the first that waits until none does. */
interface Run {
  readonly estimate: Estimate;
  readonly items: Set<ListedPhoto>;
  told: number;
}

/** The bar above the list: how far all photos are, and what can be done with all of them. */
export class BatchBar {
  readonly #root: HTMLElement;
  readonly #announcer: Announcer;
  readonly #actions: BatchActions;
  readonly #sum: HTMLElement;
  readonly #left: HTMLElement;
  readonly #meter: HTMLElement;
  readonly #note: HTMLElement;
  readonly #styles: HTMLDetailsElement;
  #words = () => '';
  readonly #buttons: Record<Action, HTMLButtonElement>;
  #items: readonly ListedPhoto[] = [];
  #run: Run | undefined;
  #soon: ReturnType<typeof setTimeout> | undefined;
  #undo: ReturnType<typeof setTimeout> | undefined;
  /** What has the focus when nothing here can have it. */
  readonly #elsewhere: HTMLElement;

  constructor(root: HTMLElement, announcer: Announcer, elsewhere: HTMLElement, actions: BatchActions) {
    this.#root = root;
    this.#announcer = announcer;
    this.#elsewhere = elsewhere;
    this.#actions = actions;
    this.#sum = find(root, '.sum', HTMLElement);
    this.#left = find(root, '.left', HTMLElement);
    this.#meter = find(root, '.meter', HTMLElement);
    this.#note = find(root, '.note', HTMLElement);
    this.#styles = find(root, '.all-styles', HTMLDetailsElement);
    closeElsewhere(this.#styles);
    onStyles(() => void this.#fillStyles());
    const button = (name: string, act: () => void) => {
      const found = find(root, `.${name}`, HTMLButtonElement);
      found.addEventListener('click', act);
      return found;
    };
    this.#buttons = {
      save: button('save-all', () => void this.#save()),
      retry: button('retry-failed', () => {
        for (const item of this.#mayHelp) item.retry();
      }),
      cancel: button('cancel-all', () => {
        actions.cancel(this.#in('waiting', 'running'));
      }),
      clear: button('clear-finished', () => {
        this.takeOff(this.#in('done', 'failed', 'cancelled'));
      }),
      undo: button('undo-clear', () => {
        this.#stopUndo();
        actions.putBack();
      }),
    };
    onLanguage(this);
  }

  /** Whether the photo is one of so many that it is not told by itself. */
  tellsFor(item: ListedPhoto): boolean {
    return this.#run !== undefined && this.#run.items.size > TOLD_EACH && this.#run.items.has(item);
  }

  retranslate(): void {
    this.#note.textContent = this.#words();
    void this.#fillStyles();
    this.#show();
  }

  /** Something about these photos has changed; what is shown follows soon. */
  follow(items: readonly ListedPhoto[]): void {
    this.#items = items;
    const busy = this.#in('waiting', 'running');
    if (busy.length > 0) {
      const done = this.#in('done').length;
      // Finished ones are drawn again.
      if (this.#run && done < this.#run.estimate.before) this.#run = { ...this.#run, estimate: this.#begin(done) };
      this.#run ??= {
        estimate: this.#begin(done),
        items: new Set(),
        told: performance.now(),
      };
      for (const item of busy) this.#run.items.add(item);
    }
    // It comes with its photos, not a moment after them, when a finger may be on its way.
    if (this.#root.hidden && items.length > 1) this.#show();
    if (this.#soon !== undefined) return;
    this.#soon = setTimeout(() => {
      this.#soon = undefined;
      this.#show();
    }, SHOWN_MS);
  }

  #begin(done: number): Estimate {
    return new Estimate(done, this.#share());
  }

  /** Says something that concerns the whole list. */
  say(words: () => string): void {
    this.#words = words;
    this.#note.textContent = words();
    this.#show();
  }

  /** Takes photos off the list, which can be undone for a while. */
  takeOff(items: readonly ListedPhoto[]): void {
    if (this.#stopUndo()) this.#actions.letGo();
    this.#waitForUndo();
    this.#actions.takeOff(items);
    const count = items.length;
    this.say(() => text('batch.cleared', { count }));
    // The bar stays in sight by itself; who removes another must not find another button under the finger.
    this.#buttons.undo.focus({ preventScroll: true });
  }

  async #fillStyles(): Promise<void> {
    const converter = await theConverter().catch(() => undefined);
    const styles = [...new Set(converter?.styles().map(({ style }) => style) ?? [])];
    const buttons = styles.map((style) => {
      const button = Object.assign(document.createElement('button'), { type: 'button', className: 'button' });
      button.textContent = styleName(style);
      button.addEventListener('click', () => {
        this.#styles.open = false;
        find(this.#styles, 'summary', HTMLElement).focus();
        this.#actions.restyle(style);
      });
      return button;
    });
    find(this.#styles, '.menu', HTMLElement).replaceChildren(...buttons);
    this.#show();
  }

  #in(...names: readonly ListedPhoto['state']['name'][]): ListedPhoto[] {
    return this.#items.filter(({ state }) => names.includes(state.name));
  }

  /** Failed ones that a second attempt may help. */
  get #mayHelp(): readonly ListedPhoto[] {
    return this.#items.filter(({ state }) => failureOf(state) && !photosFault(state));
  }

  #share(): number {
    return this.#items.reduce((sum, { state }) => sum + shareOf(state), 0);
  }

  #show(): void {
    const total = this.#items.length;
    const failed = this.#items.filter(({ state }) => failureOf(state)).length;
    const cancelled = this.#in('cancelled').length;
    const busy = this.#in('waiting', 'running').length;
    const done = total - busy - failed - cancelled;
    const undoing = this.#undo !== undefined;
    this.#root.hidden = total < 2 && !undoing && this.#note.textContent === '';
    const sum = text('batch.sum', {
      done,
      total,
      failed: failed > 0 ? text('batch.sum-failed', { count: failed }) : '',
      cancelled: cancelled > 0 ? text('batch.sum-cancelled', { count: cancelled }) : '',
    });
    const share = this.#share();
    const seconds = busy > 0 ? this.#run?.estimate.seconds(done, share, total - share) : undefined;
    const left = seconds === undefined ? '' : text('batch.left', { time: duration(seconds) });
    this.#sum.textContent = total > 0 ? sum : '';
    this.#left.textContent = left;
    this.#meter.hidden = busy === 0;
    this.#meter.ariaValueNow = String(Math.round((100 * share) / Math.max(1, total)));
    this.#meter.ariaValueText = left === '' ? sum : `${sum}. ${left}`;
    this.#root.style.setProperty('--share', String(share / Math.max(1, total)));
    const styles = this.#styles.querySelectorAll('.menu button').length;
    this.#styles.hidden = total < 2 || styles === 1;
    // They may not be known yet.
    keepRoom(this.#styles, styles === 0);
    const several = total > 1;
    this.#offer({
      save: several && (this.#in('done').length > 0 || 'coming'),
      retry: this.#mayHelp.length > 0,
      cancel: busy > 0 || (several && 'coming'),
      clear: several && (busy === 0 || 'coming'),
      undo: undoing,
    });
    this.#tell(sum, left, busy);
  }

  #offer(offered: Record<Action, boolean | 'coming'>): void {
    const focused = document.activeElement;
    const buttons = Object.values(this.#buttons);
    for (const [name, button] of Object.entries(this.#buttons) as [Action, HTMLButtonElement][]) {
      button.hidden = offered[name] === false;
      keepRoom(button, offered[name] === 'coming');
    }
    // The keyboard's focus is not lost with a button that goes.
    const gone = (button: HTMLElement) => this.#root.hidden || button.matches('[hidden], .coming');
    if (focused instanceof HTMLButtonElement && buttons.includes(focused) && gone(focused))
      (buttons.find((button) => !gone(button)) ?? this.#elsewhere).focus({ preventScroll: true });
  }

  #tell(sum: string, left: string, busy: number): void {
    if (!this.#run) return;
    const many = this.#run.items.size > TOLD_EACH;
    if (busy === 0) {
      this.#run = undefined;
      if (many) this.#announcer.say(text('announce.batch-end', { sum }));
    } else if (many && performance.now() - this.#run.told > SUM_MS) {
      this.#run.told = performance.now();
      this.#announcer.say(left === '' ? sum : `${sum}. ${left}`);
    }
  }

  async #save(): Promise<void> {
    const { save } = this.#buttons;
    // Disabled it would lose the keyboard's focus.
    if (save.ariaDisabled) return;
    save.ariaDisabled = 'true';
    try {
      const files = (await Promise.all(this.#items.map((item) => item.result()))).flatMap((file) => file ?? []);
      const name = await saveZip(files, text('batch.zip-name'));
      if (name !== undefined) this.say(() => text('batch.saved', { name, count: files.length }));
    } catch {
      this.say(() => text('batch.not-saved'));
    } finally {
      save.ariaDisabled = null;
    }
  }

  #waitForUndo(): void {
    this.#undo = setTimeout(() => {
      const pointed = matchMedia('(hover: hover)').matches && this.#root.matches(':hover');
      if (pointed || this.#buttons.undo.matches(':focus-visible')) {
        this.#waitForUndo();
        return;
      }
      this.#stopUndo();
      this.#actions.letGo();
      this.#show();
    }, UNDO_MS);
  }

  /** Says whether there was something to undo. */
  #stopUndo(): boolean {
    if (this.#undo === undefined) return false;
    clearTimeout(this.#undo);
    this.#undo = undefined;
    this.#words = () => '';
    this.#note.textContent = '';
    return true;
  }
}

function shareOf(state: ListedPhoto['state']): number {
  if (state.name === 'waiting') return 0;
  return state.name === 'running' ? state.reading.share : 1;
}
