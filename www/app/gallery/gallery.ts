import type { Announcer } from '../shell/announcer.js';
import { BatchBar, TOLD_EACH } from './batch.js';
import type { Size } from '../crop/framing.js';
import type { Choices } from '../finishing/choices.js';
import { ListedPhoto, type Listing } from './listed-photo.js';
import { theSession, type Restored } from './session/session.js';
import { sizeOf } from './thumbnails.js';
import { counted, sentenceFor, text } from '../shell/text.js';

/** Cards that are made before the page has its turn again. */
const AT_ONCE = 4;
/** From so many on they are shown smaller, and from more on without what there is to choose. */
const MANY = 4;
const COMPACT = 7;
/** Screens so low have no room for what stands above the photo. */
const LOW_PX = 480;

/** The list of photos, in the order they came. */
export class Gallery {
  readonly #bar: BatchBar;
  #items: readonly ListedPhoto[] = [];
  /** How often all were to be drawn in another style, or no longer. */
  #restyles = 0;
  /** Taken off the list, and not yet let go. */
  #cleared: ReadonlySet<ListedPhoto> = new Set();
  /** Resolves when all that came have a card; how many have none yet. */
  #adding: Promise<unknown> = Promise.resolve();
  #coming = 0;

  constructor(
    readonly list: HTMLElement,
    readonly template: HTMLTemplateElement,
    readonly announcer: Announcer,
    bar: HTMLElement,
    elsewhere: HTMLElement,
  ) {
    this.#bar = new BatchBar(bar, announcer, elsewhere, {
      takeOff: (items) => {
        this.#cleared = new Set(items);
        void theSession().remove(items.map(({ id }) => id));
        this.#arrange();
      },
      restyle: (style) => void this.#restyle(style),
      cancel: (items) => {
        this.#restyles += 1;
        for (const item of items) item.cancel();
      },
      putBack: () => {
        const back = this.#cleared;
        this.#cleared = new Set();
        this.#arrange();
        void this.store(back);
      },
      letGo: () => {
        for (const item of this.#cleared) item.letGo();
        this.#items = this.#listed;
        this.#cleared = new Set();
      },
    });
  }

  get empty(): boolean {
    return this.#items.length === 0 && this.#coming === 0;
  }

  /** With those that are still to come. */
  get #count(): number {
    return this.#listed.length + this.#coming;
  }

  get #listed(): readonly ListedPhoto[] {
    return this.#items.filter((item) => !this.#cleared.has(item));
  }

  /** Whether the list comes back when the page is loaded anew. */
  get survives(): boolean {
    return theSession().holds(this.#listed.map(({ id }) => id));
  }

  /** Stores these photos anew, or all. */
  async store(items: Iterable<ListedPhoto> = this.#listed): Promise<void> {
    for (const item of items) await item.store();
  }

  /** Photos of an earlier page, as they were. */
  async restore({ photos, lost }: Restored): Promise<void> {
    await this.#addAll(photos, (photo) => [photo.wish.choices, photo]);
    if (photos.length > 0) this.announcer.say(counted('session.restored', photos.length));
    if (lost > 0) this.say(() => counted('session.lost', lost));
  }

  /** Resolves when all have a card. */
  async add(files: readonly File[], choices: Partial<Choices> = {}): Promise<void> {
    const photos = files.map((file) => ({ file }));
    await this.#addAll(
      photos,
      () => [choices],
      (first) => {
        // Below the others it would come unseen.
        if (innerHeight < LOW_PX) first.scrollIntoView({ block: 'start' });
        else if (first.previousElementSibling) first.scrollIntoView({ block: 'nearest' });
      },
    );
    if (files.length > TOLD_EACH) this.announcer.say(text('announce.begun-many', { count: files.length }));
    else for (const { name } of files) this.announcer.say(text('announce.begun', { name }));
  }

  /** Says something that concerns the whole list. */
  say(words: () => string): void {
    this.#bar.say(words);
  }

  /** After those that came before, though theirs may be slower to be read. */
  async #addAll<T extends { readonly file: File }>(
    photos: readonly T[],
    begin: (photo: T) => [Partial<Choices>, Listing?],
    onFirst?: (first: HTMLElement) => void,
  ): Promise<void> {
    this.#coming += photos.length;
    const turn = this.#adding.then(async () => {
      for (let from = 0; from < photos.length; from += AT_ONCE) {
        // A hundred cards at once would hold the page up.
        if (from > 0) await new Promise((resolve) => setTimeout(resolve));
        const first = await this.#addSome(photos.slice(from, from + AT_ONCE), begin);
        if (from === 0 && first) onFirst?.(first.element);
      }
    });
    this.#adding = turn.catch(() => undefined);
    await turn;
  }

  async #addSome<T extends { readonly file: File }>(
    photos: readonly T[],
    begin: (photo: T) => [Partial<Choices>, Listing?],
  ): Promise<ListedPhoto | undefined> {
    // In the compact grid no frame has its photo's shape, and thousands would be read for it.
    const shaped = this.#count < COMPACT ? photos : [];
    const sizes = await Promise.all(shaped.map(async ({ file }) => sizeOf(file)));
    this.#coming -= photos.length;
    const [first] = photos.map((photo, index) => this.#addOne(photo.file, sizes[index], ...begin(photo)));
    this.#follow();
    return first;
  }

  #addOne(file: File, size: Size | undefined, begin: Partial<Choices>, earlier?: Listing): ListedPhoto {
    const photo: ListedPhoto = new ListedPhoto(this.template, file, size, begin, {
      change: (news) => {
        if (news) this.#announce(photo);
        this.#bar.follow(this.#listed);
      },
      say: (words) => {
        this.announcer.say(words);
      },
      progress: (words) => {
        if (!this.#bar.tellsFor(photo)) this.announcer.say(text('announce.progress', { name: file.name, words }));
      },
      remove: () => {
        this.#bar.takeOff([photo]);
      },
      first: () => {
        const busy = this.#listed.find(({ state: { name } }) => name === 'waiting' || name === 'running');
        return !busy || busy === photo;
      },
    });
    this.#items = [...this.#items, photo];
    this.list.append(photo.element);
    photo.begin(earlier);
    return photo;
  }

  async #restyle(style: string): Promise<void> {
    const own = (this.#restyles += 1);
    for (const [index, item] of this.#listed.entries()) {
      if (index % AT_ONCE === 0) await new Promise((resolve) => setTimeout(resolve));
      if (own !== this.#restyles) return;
      item.restyle(style);
    }
  }

  #arrange(): void {
    // Those that stay are not touched: put in anew they have no height at first, and the page scrolls up.
    for (const { element } of this.#cleared) element.remove();
    let next = this.list.firstElementChild;
    for (const { element } of this.#listed) {
      if (element === next) next = next.nextElementSibling;
      else this.list.insertBefore(element, next);
    }
    this.#follow();
  }

  #follow(): void {
    const count = this.#count;
    document.body.classList.toggle('working', count > 0);
    this.list.classList.toggle('many', count >= MANY);
    // A grid that shrinks by one stays what it is, for what is under the finger would move.
    const compact = this.list.classList.contains('compact') && count >= MANY;
    this.list.classList.toggle('compact', compact || count >= COMPACT);
    this.#bar.follow(this.#listed);
  }

  /** What someone who does not see the page has to hear; progress is told by the bar itself. */
  #announce(item: ListedPhoto): void {
    const { state } = item;
    const { name } = item.file;
    if (this.#bar.tellsFor(item)) return;
    const before = state.name === 'done' && state.setback !== undefined;
    const end = before ? state.setback : state;
    const again = before ? (state.provisional ? '-quick' : '-again') : '';
    if (end.name === 'done') this.announcer.say(text('announce.done', { name }));
    if (end.name === 'cancelled') this.announcer.say(text(`announce.cancelled${again}`, { name }));
    if (end.name === 'failed')
      this.announcer.say(text(`announce.failed${again}`, { name, sentence: sentenceFor(end.code, end.kind) }));
  }
}
