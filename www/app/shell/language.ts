import { chosenLanguage, LANGUAGES, nameOf, speak } from './text.js';

/** Lets a person choose the page's language, each called as it calls itself. */
export function offerLanguages(select: HTMLSelectElement): void {
  for (const language of LANGUAGES) {
    const option = new Option(nameOf(language), language, false, language === chosenLanguage());
    option.lang = language;
    select.append(option);
  }
  select.addEventListener('change', () => {
    const chosen = LANGUAGES.find((language) => language === select.value);
    if (chosen) speak(chosen);
  });
}
