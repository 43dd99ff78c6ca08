// A page that has the library which reads and writes films, as `window.media`.
import * as esbuild from 'esbuild';

/** The page is of a context of its own: the site's policy runs no script of a test, and encoders want a secure origin. */
export async function openMedia(browser) {
  const { outputFiles } = await esbuild.build({
    stdin: { contents: `export * from 'mediabunny';`, resolveDir: '.' },
    bundle: true,
    format: 'iife',
    globalName: 'media',
    write: false,
  });
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.route('https://localhost/', (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }),
  );
  await page.goto('https://localhost/');
  await page.evaluate(outputFiles[0].text + '; window.media = media;');
  return { page, close: () => context.close() };
}
