// What is said, and that no figure stands in words that a constant has.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LANGUAGES, sentenceFor, speak } from '../../www/app/shell/text.ts';
import { LIMITS } from '../../www/client/core.ts';
import en from '../../www/locales/en.json' with { type: 'json' };
import ja from '../../www/locales/ja.json' with { type: 'json' };
import zh from '../../www/locales/zh.json' with { type: 'json' };

const locales = { en, ja, zh };
/** Figures that are no program's: the age of browsers, one of something. */
const OWN = ['page.unstarted', 'own.others.one'];

test('how large a photo may be is said in each language, as the core has it', (t) => {
  const before = globalThis.document;
  t.after(() => {
    speak('en');
    globalThis.document = before;
  });
  globalThis.document = { documentElement: {}, body: { dataset: {} }, querySelectorAll: () => [] };
  const megabytes = `${Math.round(LIMITS.maxBytes / 1e6)} MB`;
  const millions = LIMITS.maxPixels / 1e6;
  const pixels = { en: `${millions} million pixels`, ja: `${millions * 100}万画素`, zh: `${millions * 100}万像素` };
  for (const language of LANGUAGES) {
    speak(language);
    const sentence = sentenceFor('too-large');
    assert.ok(sentence.includes(megabytes) && sentence.includes(pixels[language]), sentence);
    assert.equal(sentenceFor('network'), locales[language]['error.network']);
    assert.equal(sentenceFor('unsupported-format', 'video'), locales[language]['error.video']);
    assert.equal(sentenceFor('of another version'), locales[language]['error.internal']);
  }
});

test('figures are filled in', () => {
  for (const [language, words] of Object.entries(locales))
    for (const [key, said] of Object.entries(words))
      if (!OWN.includes(key)) assert.doesNotMatch(said, /[0-9０-９]/, `${language}, ${key}`);
});
