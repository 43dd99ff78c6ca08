// The way that all browsers go (tests/browser/steps.mjs), in WebKit.
import { test } from 'node:test';
import { goAllTheWay } from '../browser/steps.mjs';
import { openWindow } from './driver.mjs';

test('photos become pictures, the list and kept pictures come back', async () => {
  const { page, close } = await openWindow();
  try {
    await goAllTheWay(page);
  } finally {
    await close();
  }
});
