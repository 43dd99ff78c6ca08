// The words on the page. They live in www/locales/, one file a language; here they are only looked up.
import type { ErrorCode } from '../client/index.js';
import en from '../locales/en.json';

type Messages = Readonly<Record<string, string>>;

/** Every language the page has. English is complete; another one may leave gaps. */
const languages: Readonly<Record<string, Messages>> = { en };

const language = navigator.languages.map((tag) => tag.split('-')[0] ?? '').find((tag) => tag in languages) ?? 'en';
const messages: Messages = { ...en, ...languages[language] };

/** The message with `{name}` filled in. A key that no language has shows as itself, which harms less than a gap. */
export function text(key: string, values: Readonly<Record<string, string | number>> = {}): string {
  return (messages[key] ?? key).replace(/\{(\w+)\}/g, (hole, name: string) => String(values[name] ?? hole));
}

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
  return `${amount.toLocaleString(language, { minimumFractionDigits: digits, maximumFractionDigits: digits })} ${UNITS[unit] ?? ''}`;
}

/** A time as a date, in this place. */
export const day = (time: number): string =>
  new Date(time).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' });

/** What an error code means for the person before the page. */
export function sentenceFor(code: ErrorCode): string {
  return textOr(`error.${code}`, text('error.internal'));
}

/** Fills every element that names its message. */
export function fillTexts(root: ParentNode): void {
  for (const element of root.querySelectorAll<HTMLElement>('[data-text]')) {
    const message = text(element.dataset['text'] ?? '');
    if (element instanceof HTMLMetaElement) element.content = message;
    else element.textContent = message;
  }
}

/** The page comes with its English words in place; other languages replace them. */
export function translatePage(): void {
  if (language === 'en') return;
  document.documentElement.lang = language;
  fillTexts(document);
  for (const template of document.querySelectorAll('template')) fillTexts(template.content);
}
