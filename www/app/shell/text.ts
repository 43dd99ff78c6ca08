// The words on the page. They live in www/locales/, one file a language; here they are only looked up.
import { LIMITS } from '../../client/core.js';
import type { ErrorCode } from '../../client/index.js';
import en from '../../locales/en.json';
import ja from '../../locales/ja.json';
import zh from '../../locales/zh.json';
import type { FileKind } from './kind.js';
import { remember, remembered } from './remember.js';

type Messages = Readonly<Record<string, string>>;

/** Every language the page has. */
const languages = { en, zh, ja } satisfies Record<string, Messages>;
export type Language = keyof typeof languages;
export const LANGUAGES = Object.keys(languages) as Language[];

const KEY = 'nijigen.language';
const tags: Readonly<Record<Language, string>> = { en: 'en', zh: 'zh-Hans', ja: 'ja' };
const known = (tag: string): Language | undefined => LANGUAGES.find((language) => tag.split('-')[0] === language);

const listeners = new Set<Listener>();
/** What shows words that the page's own elements do not name. */
interface Listener {
  retranslate(): void;
}

let language = known(remembered(KEY) ?? '') ?? navigator.languages.map(known).find((found) => found) ?? 'en';
let messages: Messages = languages[language];

export const chosenLanguage = (): Language => language;

/** What a language calls itself. */
export const nameOf = (name: Language): string => languages[name]['language.name'];

/** Called whenever the page speaks another language, until `over` is aborted. */
export function onLanguage(listener: Listener, over?: AbortSignal): void {
  listeners.add(listener);
  over?.addEventListener('abort', () => listeners.delete(listener));
}

/** From now on, and with the next visit. */
export function speak(chosen: Language): void {
  language = chosen;
  messages = languages[chosen];
  remember(KEY, chosen);
  translatePage();
  for (const listener of listeners) listener.retranslate();
}

/** The message with `{name}` filled in. A key that no language has shows as itself, which harms less than a gap. */
export function text(key: string, values: Readonly<Record<string, string | number>> = {}): string {
  return (messages[key] ?? key).replace(/\{(\w+)\}/g, (hole, name: string) => String(values[name] ?? hole));
}

/** Large numbers as people say them: 64 million. */
const rounded = (amount: number): string =>
  amount.toLocaleString(language, { notation: 'compact', compactDisplay: 'long' });

/** The message, or another where no language has the first. */
export function textOr(key: string, fallback: string): string {
  return key in messages ? text(key) : fallback;
}

/** The message for so many: `key.one`, `key.other` and so on, as the language counts. */
export function counted(key: string, count: number, values: Readonly<Record<string, string | number>> = {}): string {
  const form = `${key}.${new Intl.PluralRules(language).select(count)}`;
  return text(form in messages ? form : `${key}.other`, { ...values, count });
}

const UNITS = ['kB', 'MB', 'GB'];

/** Bytes as people say them. */
export function size(bytes: number): string {
  let amount = bytes / 1000;
  let unit = 0;
  for (; amount >= 999.5 && unit < UNITS.length - 1; unit++) amount /= 1000;
  const digits = unit > 0 && amount < 99.95 ? 1 : 0;
  return `${decimal(amount, digits)} ${UNITS[unit] ?? ''}`;
}

/** A time that is a guess: rounded up, so that it is seldom too little. */
export function duration(seconds: number): string {
  if (seconds > 90) return text('time.minutes', { count: Math.ceil(seconds / 60) });
  const step = seconds > 20 ? 10 : 5;
  return text('time.seconds', { count: Math.max(step, Math.ceil(seconds / step) * step) });
}

/** With so many digits after the point. */
export const decimal = (amount: number, digits = 0): string =>
  amount.toLocaleString(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** As they are counted up in a sentence. */
export const listed = (words: readonly string[]): string => new Intl.ListFormat(language).format(words);

/** A time as a date, in this place. */
export const day = (time: number): string =>
  new Date(time).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' });

/** A time as a short date. */
export const shortDay = (time: number): string => new Date(time).toLocaleDateString(language);

/** What an error code means for the person before the page, of a file of this kind. */
export function sentenceFor(code: ErrorCode, kind?: FileKind): string {
  const key = `error.${kind ?? code}`;
  const { maxBytes, maxPixels } = LIMITS;
  return text(key in messages ? key : 'error.internal', { size: size(maxBytes), pixels: rounded(maxPixels) });
}

/** Fills every element that names its message: what it says, or what it is called. */
export function fillTexts(root: ParentNode): void {
  for (const element of root.querySelectorAll<HTMLElement>('[data-text]')) {
    const message = text(element.dataset['text'] ?? '');
    if (element instanceof HTMLMetaElement) element.content = message;
    else element.textContent = message;
  }
  for (const element of root.querySelectorAll<HTMLElement>('[data-label]'))
    element.ariaLabel = text(element.dataset['label'] ?? '');
  for (const image of root.querySelectorAll<HTMLImageElement>('[data-alt]'))
    image.alt = text(image.dataset['alt'] ?? '');
}

/** The page comes with its English words in place; other languages replace them. */
export function translatePage(): void {
  document.documentElement.lang = tags[language];
  // What the page says while files are dragged over it is drawn by its styles.
  document.body.dataset['drop'] = text('intake.drop');
  fillTexts(document);
  for (const template of document.querySelectorAll('template')) fillTexts(template.content);
}
