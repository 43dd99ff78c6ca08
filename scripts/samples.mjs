// Draws the page's sample photos ahead, in each style, with the very module that the browser gets: a result is found
// under the choices that the page makes, and any other choice is drawn by the engine as ever.
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const PHOTOS = 'www/samples';
/** What is drawn is kept for the next build; each file is named by all that it depends on. */
const DRAWN = 'target/samples';
const FORMAT = 'jpeg';
/** The corner's mark is written in the page's language where the core has it. */
const LANGUAGES = new Set(
  readdirSync('www/locales').map((file) => basename(file, '.json').replace(/^(?!zh$|ja$).*/, 'en')),
);

const hash = (...parts) => parts.reduce((sum, part) => sum.update(part), createHash('sha256')).digest('hex');

/**
 * Puts the photos, small copies of them and what is drawn of them into `folder`, the page's `samples`. Gives the photos
 * as www/app/build.ts has them, and the seeds as www/client/seeds.ts has them. Names change with what is in the files.
 */
export async function drawSamples(folder, core, models) {
  const wasm = readFileSync(`${core}/nijigen_bg.wasm`);
  const version = hash(wasm);
  let begun;
  /** The module is started only where something is to be drawn. */
  const start = () => {
    begun ??= import(pathToFileURL(`${core}/nijigen.js`)).then(async (module) => {
      console.log('» drawing the sample photos: usually 40 seconds, when the engine or a style has changed');
      await module.default({ module_or_path: wasm });
      return module;
    });
    return begun;
  };
  mkdirSync(`${folder}/small`, { recursive: true });
  mkdirSync(DRAWN, { recursive: true });

  const [photos, seeds] = [[], []];
  const used = new Set();
  const kept = async (name, make) => {
    const file = join(DRAWN, name);
    if (!existsSync(file)) writeFileSync(file, await make());
    used.add(name);
    return file;
  };
  for (const name of readdirSync(PHOTOS).filter((name) => name.endsWith('.jpg'))) {
    const photo = readFileSync(join(PHOTOS, name));
    const published = `${hash(photo).slice(0, 16)}.jpg`;
    photos.push({ name, url: `samples/${published}`, small: `samples/small/${published}` });
    cpSync(join(PHOTOS, name), join(folder, published));
    const small = await kept(`${hash(version, photo)}-small.jpg`, async () => {
      const { Photo } = await start();
      return Photo.decode(photo, '{}').thumbnail();
    });
    cpSync(small, join(folder, 'small', published));
    for (const entry of models) {
      for (const label of LANGUAGES) {
        const options = { format: FORMAT, label };
        const key = hash(photo, JSON.stringify([entry, Object.entries(options).sort()]));
        const drawn = await kept(`${hash(version, key)}.json`, async () =>
          JSON.stringify(draw(await start(), photo, entry, options)),
        );
        const { id, jpeg, ...rest } = JSON.parse(readFileSync(drawn, 'utf8'));
        const bytes = Buffer.from(jpeg, 'base64');
        const sum = hash(bytes);
        // Named like the entry that the cache would make of it.
        const result = `${id}-${sum.slice(0, 8)}.jpg`;
        writeFileSync(join(folder, result), bytes);
        seeds.push({ key, bytes: photo.length, url: `samples/${result}`, sha256: sum, ...rest });
      }
    }
  }
  for (const name of readdirSync(DRAWN)) if (!used.has(name)) rmSync(join(DRAWN, name));
  return { photos, seeds };
}

/** One result, and the name of its cache entry. */
function draw({ Engine, Photo, cache_key, cache_record, sha256 }, photo, entry, options) {
  const [model, choice] = [entry, options].map((value) => JSON.stringify(value));
  const decoded = Photo.decode(photo, choice);
  const print = decoded.fingerprint();
  const engine = new Engine(model, readFileSync(join('models', entry.file)));
  const drawing = engine.begin(decoded, choice);
  while (!drawing.step(1000));
  const result = drawing.finish();
  const { width, height } = result;
  const jpeg = result.take_bytes();
  const created = Date.now();
  const { id } = JSON.parse(cache_record(cache_key(model, choice), sha256(photo), print, jpeg.length, created));
  engine.free();
  return { id, width, height, created, jpeg: Buffer.from(jpeg).toString('base64') };
}
