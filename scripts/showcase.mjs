// Makes what installed apps and their stores show, from the icon and the built site: www/icons/*.png and
// www/screenshots/*.jpg. They are committed; run it after the look has changed: node scripts/showcase.mjs
import { readFileSync } from 'node:fs';
import { card, launch, open, reaches, SITE, WORDS } from '../tests/browser/browser.mjs';
import { serve } from '../tests/browser/server.mjs';

const browser = await launch();
const svg = readFileSync('www/icons/icon.svg', 'utf8');
// The system cuts its own shape: the ground goes to the edge, and the sign is within the circle that is always seen.
const maskable = svg.replace(' rx="14"', '');
for (const [name, drawing] of Object.entries({ icon: svg, maskable })) {
  for (const side of [192, 512]) {
    const page = await browser.newPage({ viewport: { width: side, height: side } });
    await page.setContent(`<style>body { margin: 0 } svg { display: block }</style>${drawing}`);
    await page.screenshot({ path: `www/icons/${name}-${side}.png`, omitBackground: true });
    await page.close();
  }
}

const server = await serve(SITE, { throttled: false });
for (const [name, width, height, deviceScaleFactor] of [
  ['wide', 1280, 900, 1],
  ['narrow', 360, 640, 2],
]) {
  const { context, page } = await open(browser, server.url, { viewport: { width, height }, deviceScaleFactor });
  await page.getByRole('button', { name: WORDS['sample.shore'], exact: true }).click();
  await (await reaches(page, 0, 'done')).locator('.compare.drawn').waitFor();
  // A phone shows the picture rather than the way in.
  if (name === 'narrow') await card(page).evaluate((element) => element.scrollIntoView({ block: 'start' }));
  else await page.locator('body').evaluate((body) => body.scrollIntoView());
  await page.waitForTimeout(1500);
  await page.screenshot({ path: `www/screenshots/${name}.jpg`, type: 'jpeg', quality: 80 });
  await context.close();
}
await server.close();
await browser.close();
