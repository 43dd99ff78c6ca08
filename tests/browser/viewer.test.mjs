// Pictures of unusual shapes, seen large.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { card, choose, open, reaches } from './browser.mjs';
import { site } from './panel.mjs';

const stage = site();

/** A photo of this shape, grey and drawn in a moment. */
async function photoOf(page, width, height) {
  const base64 = await page.evaluate(
    ([width, height]) => {
      const canvas = Object.assign(document.createElement('canvas'), { width, height });
      canvas.getContext('2d').fillRect(0, 0, width / 2, height / 2);
      return canvas.toDataURL('image/png').split(',')[1];
    },
    [width, height],
  );
  return { name: 'photo.png', mimeType: 'image/png', buffer: Buffer.from(base64, 'base64') };
}

for (const [shape, width, height] of [
  ['narrow', 120, 360],
  ['low', 360, 90],
]) {
  test(`on a ${shape} picture the words stay on it`, async () => {
    const { context, page, watch } = await open(stage.browser, stage.server.url, { reducedMotion: 'reduce' });
    await choose(page, await photoOf(page, width, height));
    await reaches(page, 0, 'done');
    await card(page).locator('.compare.drawn').waitFor();
    await card(page).locator('.enlarge').click();
    const frame = page.locator('#viewer .stage');
    await frame.locator('.after img:not([hidden])').waitFor();
    const inside = () =>
      frame.evaluate((stage, ratio) => {
        const { left, top, width, height } = stage.getBoundingClientRect();
        const scale = Number(stage.style.getPropertyValue('--scale'));
        const wide = Math.min(width, Math.min(width, height * ratio) * scale);
        const high = Math.min(height, Math.min(height, width / ratio) * scale);
        const [x, y] = [left + (width - wide) / 2, top + (height - high) / 2];
        return [...stage.querySelectorAll('.tag')].map((tag) => {
          const box = tag.getBoundingClientRect();
          const fits =
            box.left >= x && box.right <= x + wide && box.top >= y && box.bottom <= y + high && box.width > 30;
          return fits && getComputedStyle(tag).opacity === '1' && tag.scrollWidth <= tag.clientWidth;
        });
      }, width / height);
    await page.waitForFunction(() => document.querySelector('.stage').style.getPropertyValue('--free-x') !== '');
    assert.deepEqual(await inside(), [true, true]);
    await page.keyboard.press('+');
    assert.deepEqual(await inside(), [true, true], 'also on one that is enlarged');
    watch.assertClean();
    await context.close();
  });
}
