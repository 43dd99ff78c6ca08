import { remember, remembered, forget } from './remember.js';

const KEY = 'nijigen.theme';

/** Lets the person choose between light and dark where the system's choice is not theirs. */
export function offerThemes(select: HTMLSelectElement): void {
  select.value = remembered(KEY) ?? '';
  // What is remembered is none of those on offer.
  if (select.selectedIndex < 0) select.value = '';
  apply(select.value);
  select.addEventListener('change', () => {
    if (select.value) remember(KEY, select.value);
    else forget(KEY);
    apply(select.value);
  });
}

/** The colours are the styles', which ask the root; those of the browser around the page have metas of their own. */
function apply(theme: string): void {
  const root = document.documentElement;
  if (theme) root.dataset['theme'] = theme;
  else delete root.dataset['theme'];
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name=theme-color]')) {
    const own = (meta.dataset['media'] ??= meta.media);
    meta.media = theme ? (own.includes(theme) ? '' : 'not all') : own;
  }
}
