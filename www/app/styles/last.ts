import { remember, remembered } from '../shell/remember.js';

const KEY = 'nijigen.style';

/** The next photo begins with it. */
export function rememberStyle(style: string): void {
  remember(KEY, style);
}

/** Which of these was chosen last; the first where none was. */
export function lastOf(styles: readonly string[], last: string | null = remembered(KEY)): string | undefined {
  return styles.find((style) => style === last) ?? styles[0];
}
