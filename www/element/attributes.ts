import type { ConvertOptions } from '../client/index.js';

/** The attributes that choose what is drawn. The style's is `look`: every element has a `style`, which is its CSS. */
export const CHOICES = [
  'src',
  'look',
  'tier',
  'max-side',
  'format',
  'quality',
  'strength',
  'full-size',
  'label',
  'cache',
] as const;

/** What the attributes say, for `convert`, which refuses what is none. */
export function choicesOf(element: Element): ConvertOptions {
  const text = (name: (typeof CHOICES)[number]) => element.getAttribute(name) ?? undefined;
  const number = (name: 'max-side' | 'quality' | 'strength') => {
    const value = text(name);
    return value === undefined ? undefined : Number(value);
  };
  const label = text('label');
  const choices = {
    style: text('look'),
    tier: text('tier'),
    maxSide: number('max-side'),
    format: text('format'),
    quality: number('quality'),
    strength: number('strength'),
    fullSize: element.hasAttribute('full-size') || undefined,
    label: label === 'none' ? null : label,
    cache: text('cache'),
  };
  return Object.fromEntries(Object.entries(choices).filter(([, value]) => value !== undefined));
}
