// The way that all browsers go (tests/browser/steps.mjs), in Firefox, through WebDriver BiDi.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import puppeteer from 'puppeteer-core';
import { goAllTheWay } from '../browser/steps.mjs';

test('photos become pictures, the list and kept pictures come back, and new ones do without a network', async () => {
  const browser = await puppeteer.launch({ browser: 'firefox', executablePath: process.env.FIREFOX, headless: true });
  try {
    const page = await browser.newPage();
    const errors = [];
    page.on('pageerror', ({ message }) => errors.push(message));
    await goAllTheWay({
      goto: (url) => page.goto(url),
      reload: () => page.reload(),
      choose: async (...paths) => (await page.$('input[type=file]')).uploadFile(...paths),
      evaluate: (run, ...values) => page.evaluate(run, ...values),
    });
    assert.deepEqual(errors, []);
  } finally {
    await browser.close();
  }
});
