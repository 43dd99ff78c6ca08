import type { Converter } from '../../client/index.js';
import { textOr } from './text.js';

const names = new Map<string, string>();
/** What the page says of a style; nothing of a person's own. */
export const styleAbout = (style: string): string => (names.has(style) ? '' : textOr(`style.${style}-about`, ''));

const listeners = new Set<() => void>();

/** What a style is called: by the page, or by the person who added it. */
export const styleName = (style: string): string => names.get(style) ?? textOr(`style.${style}`, style);

/** Called whenever a style was added, renamed or removed, until `over` is aborted. */
export function onStyles(listener: () => void, over?: AbortSignal): void {
  listeners.add(listener);
  over?.addEventListener('abort', () => listeners.delete(listener));
}

export function learnStyles(converter: Converter): void {
  names.clear();
  for (const { id, own, name } of converter.styles()) if (own && name !== undefined) names.set(id, name);
  for (const listener of listeners) listener();
}
