/** The result lies on the photo, whose box the page lays out: nothing moves when it comes. */
const CSS = `
:host { display: inline-block; position: relative; max-width: 100%; }
:host([hidden]) { display: none; }
[part='result'] { position: absolute; inset: 0; width: 100%; height: 100%; }
[part='progress'] { position: absolute; inset: auto 0 0; width: 100%; }
[part='result']:not([src]), [part='progress']:not([data-shown]) { display: none; }
::slotted(img), [part='original'] { display: block; max-width: 100%; }
:host([data-state='done']) slot::slotted(*), :host([data-state='done']) [part='original'] { visibility: hidden; }
`;

let sheet: CSSStyleSheet | undefined;

/** Made by script, which a strict CSP allows; a <style> it does not. */
export function styles(): CSSStyleSheet {
  if (sheet) return sheet;
  sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS);
  return sheet;
}
