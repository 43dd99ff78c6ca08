// docs/examples/server as it stands: a route with a pool of threads, whose cache it shares with the program.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { PHOTO, room } from './room.mjs';

const PROGRAM = resolve('target/release/nijigen');
const QUERY = 'style=carnival&maxSide=256';

const freePort = () =>
  new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

/** A server that runs, and what it said until `ready` was among it. */
async function started(ready, command, args, options) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], ...options });
  let said = '';
  await new Promise((done, fail) => {
    child.once('error', fail).once('exit', () => fail(new Error(`${command} ended: ${said}`)));
    child.stdout.on('data', (bytes) => {
      said += bytes;
      if (ready.test(said)) done();
    });
  });
  return { child, said };
}

const ended = (child) =>
  new Promise((done) => ((child.exitCode ?? child.signalCode) === null ? child.once('exit', done) : done()));

let folder;
let cache;
let url;
const servers = [];

before(async () => {
  folder = room('server', 'docs/examples');
  const port = await freePort();
  const words = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  // Debian's redis-tools has the server under another name.
  const cwd = mkdtempSync(join(tmpdir(), 'redis-'));
  const { child } = await started(/Ready to accept/, 'redis-check-rdb', words.map(String), {
    argv0: 'redis-server',
    cwd,
  });
  cache = child;
  url = `redis://127.0.0.1:${port}`;
});

after(async () => {
  for (const child of [...servers, cache]) child?.kill('SIGKILL');
  await Promise.all([...servers, cache].filter(Boolean).map(ended));
});

async function serve(env = {}) {
  const all = { ...process.env, NIJIGEN_SHARED_CACHE: url, ...env };
  const { child, said } = await started(/http:\S+\s/, 'node', ['server.mjs', '0'], { cwd: folder, env: all });
  servers.push(child);
  const at = /http:\S+/.exec(said)[0];
  const post = (body, query = QUERY) =>
    fetch(`${at}/anime?${query}`, { method: 'POST', body, headers: { 'content-type': 'application/octet-stream' } });
  return { child, at, post, threads: Number(/^\d+/.exec(said)[0]) };
}

const photo = () => readFileSync(PHOTO);
/** Another file of the same picture: what stands behind a JPEG's end is no part of it. */
const again = (more) => Buffer.concat([photo(), Buffer.from(more)]);

async function program(path) {
  const out = mkdtempSync(join(tmpdir(), 'nijigen-'));
  const options = [
    '--style',
    'carnival',
    '--tier',
    'fast',
    '--max-side',
    '256',
    '--format',
    'jpeg',
    '--report',
    'json',
    '--cache',
    url,
  ];
  const shared = ['convert', path, '-o', join(out, 'out.jpg'), '--cache-dir', join(out, 'cache'), ...options];
  const { stdout } = await promisify(execFile)(PROGRAM, shared, { env: { ...process.env, LC_ALL: 'en' } });
  return { ...JSON.parse(stdout), file: readFileSync(join(out, 'out.jpg')) };
}

const said = async (answer) => [answer.status, answer.headers.get('x-cache'), answer.headers.get('content-type')];

test('photos are drawn once, by whichever server or program', async () => {
  const [one, two] = [await serve(), await serve()];
  const first = await one.post(photo());
  assert.deepEqual(await said(first), [200, 'miss', 'image/jpeg']);
  const picture = Buffer.from(await first.arrayBuffer());
  assert.equal(picture.readUInt16BE(), 0xffd8);

  const second = await two.post(photo());
  assert.deepEqual(await said(second), [200, 'exact', 'image/jpeg']);
  assert.ok(picture.equals(Buffer.from(await second.arrayBuffer())));
  assert.deepEqual(await said(await two.post(again('a'))), [200, 'near', 'image/jpeg']);

  const programs = await program(PHOTO);
  assert.equal(programs.cache, 'exact');
  assert.ok(picture.equals(programs.file));
  const other = 'tests/fixtures/photos/lake.jpg';
  assert.equal((await program(other)).cache, 'miss');
  assert.deepEqual(await said(await two.post(readFileSync(other))), [200, 'exact', 'image/jpeg']);
});

test('what is wrong with a photo is said in HTTP’s words, and the next one is drawn', async () => {
  const { at, post } = await serve();
  const wrong = async (body, query) => {
    const answer = await post(body, query);
    return [answer.status, (await answer.json()).code];
  };
  assert.deepEqual(await wrong('no picture'), [415, 'unsupported-format']);
  assert.deepEqual(await wrong(photo().subarray(0, 3000)), [422, 'corrupt-image']);
  assert.deepEqual(await wrong(''), [400, 'no-photo']);
  assert.deepEqual(await announced(at, 13 * 2 ** 20), [413, 'FST_ERR_CTP_BODY_TOO_LARGE']);
  assert.deepEqual(await wrong(photo(), 'style=none'), [400, 'FST_ERR_VALIDATION']);
  assert.equal((await post(photo())).status, 200);
  const hasty = await serve({ TIMEOUT_MS: '1' });
  const late = await hasty.post(photo(), 'style=carnival&maxSide=512');
  assert.deepEqual([late.status, (await late.json()).code], [503, 'timeout']);
});

/** The answer to a photo of so many bytes, of which none is sent: who still sends may find the connection closed before it reads. */
const announced = (at, bytes) =>
  new Promise((done, fail) => {
    const headers = { 'content-type': 'application/octet-stream', 'content-length': bytes };
    const asked = request(`${at}/anime?${QUERY}`, { method: 'POST', headers }, async (answer) => {
      const said = await answer.toArray();
      asked.destroy();
      done([answer.statusCode, JSON.parse(Buffer.concat(said)).code]);
    });
    asked.once('error', fail).flushHeaders();
  });

/** One photo more than a server takes at once: the answers, and the first that refuses. */
async function crowd({ post, threads }, queue) {
  for (let round = 0; ; round++) {
    const one = (_, at) => post(again(`${round} ${at}`), `${QUERY}&format=webp`);
    const answers = Array.from({ length: threads + queue + 1 }, one);
    const refusal = answers.map(async (answer) => {
      assert.notEqual((await answer).status, 200);
      return answer;
    });
    const refused = await Promise.any(refusal).catch(() => undefined);
    if (refused) return { refused, answers };
    // The first was drawn before the last had come.
  }
}

test('more than can wait are told to come again; those in hand are answered when it is told to end', async () => {
  const server = await serve({ QUEUE: '2' });
  const { refused, answers } = await crowd(server, 2);
  assert.equal(refused.status, 429);
  assert.equal(refused.headers.get('retry-after'), '2');
  server.child.kill('SIGTERM');
  const all = await Promise.all(answers);
  assert.deepEqual(all.map(({ status }) => status).sort(), [...Array(server.threads + 2).fill(200), 429]);
  await Promise.all(all.map((answer) => answer.arrayBuffer()));
  await ended(server.child);
  assert.equal(server.child.exitCode, 0);
});

test('a cache that cannot be reached, hangs, or is gone costs no photo', async () => {
  const nowhere = await serve({ NIJIGEN_SHARED_CACHE: `redis://127.0.0.1:${await freePort()}` });
  assert.deepEqual(await said(await nowhere.post(photo())), [200, 'miss', 'image/jpeg']);
  const { post } = await serve();
  // Each of another size, so that none is kept already.
  const drawn = async (side) => said(await post(photo(), `style=carnival&maxSide=${side}`));
  const [miss, exact] = ['miss', 'exact'].map((answer) => [200, answer, 'image/jpeg']);
  assert.deepEqual(await drawn(288), miss);
  cache.kill('SIGSTOP');
  assert.deepEqual(await drawn(320), miss);
  assert.deepEqual(await drawn(320), exact, 'from its own memory');
  cache.kill('SIGCONT');
  cache.kill('SIGKILL');
  await ended(cache);
  assert.deepEqual(await drawn(352), miss);
});

test('a store of one’s own: what it is given, what it must have, and what damage or a fault in it cost', async () => {
  const script = join(folder, 'store.mjs');
  writeFileSync(
    script,
    `import { readFileSync } from 'node:fs';
    import { createConverter } from 'nijigen';
    const photo = readFileSync(process.argv[2]);
    const values = new Map(), sets = new Map(), lifetimes = new Set();
    const store = {
      maxAge: 60_000,
      get: async (name) => values.get(name),
      put: async ({ name, value, sets: names, member, lifetime }) => {
        values.set(name, value);
        lifetimes.add(lifetime);
        for (const set of names) sets.set(set, [...(sets.get(set) ?? []), member]);
      },
      members: async (names) => names.flatMap((name) => sets.get(name) ?? []),
    };
    const ask = async (cache, more = '') => {
      const converter = await createConverter({ cache });
      // What this process has kept itself is not asked for.
      await converter.cache.clear();
      const { cache: answer } = await converter.convert(Buffer.concat([photo, Buffer.from(more)]), { maxSide: 256 });
      await new Promise((done) => setTimeout(done, 100));
      return answer;
    };
    const refused = async (cache) => (await createConverter({ cache }).catch(({ message }) => message));
    const whole = [await ask(store), await ask(store), await ask(store, 'near')];
    const kept = [values.size, sets.size, ...lifetimes];
    for (const [name, value] of values) values.set(name, value.slice(0, -1));
    const damaged = await ask(store);
    const failing = await ask({ ...store, get: () => Promise.reject(new Error('no')) });
    const throwing = await ask({ ...store, members: () => { throw new Error('no'); } }, 'other');
    sets.clear();
    const before = values.size;
    const small = [await ask({ ...store, maxBytes: 100 }, 'small'), values.size - before];
    const half = await refused({ get: store.get });
    console.log(JSON.stringify({ whole, kept, damaged, failing, throwing, small, half }));`,
  );
  const { stdout } = await promisify(execFile)('node', [script, resolve(PHOTO)], { cwd: folder, timeout: 60_000 });
  assert.deepEqual(JSON.parse(stdout), {
    whole: ['miss', 'exact', 'near'],
    kept: [1, 6, 60_000],
    damaged: 'miss',
    failing: 'miss',
    throwing: 'miss',
    small: ['miss', 0],
    half: 'cache: a store has the methods get, put and members',
  });
});
