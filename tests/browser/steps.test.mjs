// The way that all browsers go (steps.mjs), in Chromium.
import { test } from 'node:test';
import { launch } from './browser.mjs';
import { goAllTheWay } from './steps.mjs';

test('photos become pictures, the list and kept pictures come back, and new ones do without a network', async () => {
  const browser = await launch();
  try {
    const page = await (await browser.newContext()).newPage();
    await goAllTheWay({
      goto: (url) => page.goto(url),
      reload: () => page.reload(),
      choose: (...paths) => page.locator('input[type=file]').setInputFiles(paths),
      // Playwright takes one value.
      evaluate: (run, ...values) => page.evaluate(`(${run})(${values.map((value) => JSON.stringify(value)).join()})`),
    });
  } finally {
    await browser.close();
  }
});
