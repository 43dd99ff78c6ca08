// Draws the page's sample photos ahead, in each style, with the very module that the browser gets: a result is found
// under the choices that the page makes, and any other choice is drawn by the engine as ever.
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { released } from './bundle.mjs';

const PHOTOS = 'www/samples';
/** What is drawn is kept for the next build; each file is named by all that it depends on. */
const DRAWN = released ? 'target/samples' : 'target/samples-dev';
const FORMAT = 'jpeg';
/** The corner's mark is written in the page's language where the core has it. */
const LANGUAGES = new Set(
  readdirSync('www/locales').map((file) => basename(file, '.json').replace(/^(?!zh$|ja$).*/, 'en')),
);

const hash = (...parts) => parts.reduce((sum, part) => sum.update(part), createHash('sha256')).digest('hex');

/** What the page begins with: a photo, and the style in which it is seen beside it. */
const HERO = { photo: 'dog.jpg', style: 'meadow' };

/**
 * Puts the photos, small copies of them and what is drawn of them into `samples` of the folder `site`, and one with its
 * drawing into `hero`. Gives the photos as www/app/shell/build.ts has them, and the seeds as www/client/seeds.ts has them. Names
 * of samples change with what is in the files.
 */
export async function drawSamples(site, core, models) {
  const folder = join(site, 'samples');
  const wasm = readFileSync(`${core}/nijigen_bg.wasm`);
  // While it is worked on, each engine draws the samples when asked for them; only what shows the page once stays.
  const version = released ? hash(wasm) : 'dev';
  let begun;
  /** The module is started only where something is to be drawn. */
  const start = () => {
    begun ??= import(pathToFileURL(`${core}/nijigen.js`)).then(async (module) => {
      console.log('» drawing the sample photos: usually a minute, when the engine or a style has changed');
      await module.default({ module_or_path: wasm });
      return module;
    });
    return begun;
  };
  mkdirSync(`${folder}/small`, { recursive: true });
  mkdirSync(`${site}/hero`, { recursive: true });
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
    photos.push({ name, url: `samples/${published}`, bytes: photo.length, small: `samples/small/${published}` });
    cpSync(join(PHOTOS, name), join(folder, published));
    const small = await kept(`${hash(version, photo)}-small.jpg`, async () => {
      const { Photo } = await start();
      return bytesOf(Photo.decode(photo, {}).thumbnail());
    });
    cpSync(small, join(folder, 'small', published));
    for (const entry of models) {
      /** Drawn once for all languages of the mark. */
      let drawing;
      const file = async (options) => {
        const key = hash(photo, JSON.stringify([entry, Object.entries(options).sort()]));
        const drawn = await kept(`${hash(version, key)}.json`, async () => {
          const module = await start();
          drawing ??= draw(module, photo, entry);
          return JSON.stringify(await encode(module, photo, drawing, entry, options));
        });
        const { id, jpeg, ...rest } = JSON.parse(readFileSync(drawn, 'utf8'));
        return { key, id, bytes: Buffer.from(jpeg, 'base64'), rest };
      };
      for (const label of released ? LANGUAGES : []) {
        const { key, id, bytes, rest } = await file({ format: FORMAT, label });
        const sum = hash(bytes);
        // Named like the entry that the cache would make of it.
        const result = `${id}-${sum.slice(0, 8)}.jpg`;
        writeFileSync(join(folder, result), bytes);
        seeds.push({ key, bytes: photo.length, url: `samples/${result}`, sha256: sum, ...rest });
      }
      if (name === HERO.photo && entry.style === HERO.style && entry.tier === 'fast') {
        cpSync(join(PHOTOS, name), `${site}/hero/photo.jpg`);
        writeFileSync(`${site}/hero/anime.jpg`, (await file({ format: FORMAT, label: null })).bytes);
      }
      drawing?.free();
    }
  }
  for (const name of readdirSync(DRAWN)) if (!used.has(name)) rmSync(join(DRAWN, name));
  return { photos, seeds };
}

function draw({ Engine, Photo }, photo, entry) {
  const engine = new Engine(entry, readFileSync(join('models', entry.file)));
  const conversion = engine.begin(Photo.decode(photo, {}), {});
  while (!conversion.step(1000));
  const drawing = conversion.drawing();
  engine.free();
  return drawing;
}

const bytesOf = async (blob) => Buffer.from(await blob.arrayBuffer());

/** One result, and the name of its cache entry. */
async function encode({ cache_id, cache_key, sha256 }, photo, drawing, entry, options) {
  const result = drawing.encode(options);
  const { width, height } = result;
  const jpeg = await bytesOf(result.blob());
  const id = cache_id(cache_key(entry, options), sha256(photo));
  return { id, width, height, created: Date.now(), jpeg: jpeg.toString('base64') };
}
