// docs/examples/server under 32 clients, each thread with its own cache alone, and with one that they share; rows join benches/results/many-machines.json:
// node benches/server.mjs PHOTOS, after `make package`.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { room } from '../tests/consumers/room.mjs';

const RESULTS = 'benches/results/many-machines.json';
const CLIENTS = 32;
const PHOTOS = 200;
/** One in so many was sent before. */
const REPEATED = 5;

const [folder] = process.argv.slice(2);
if (!folder) throw new Error('name a folder of photos');
const names = readdirSync(folder).filter((name) => name.endsWith('.jpg'));
const earlier = (at) => names[at % REPEATED ? at : Math.floor(at / 2)];
const photos = names.slice(0, PHOTOS).map((_, at) => readFileSync(join(folder, earlier(at))));
const home = room('server', 'docs/examples');
const autocannon = createRequire(join(home, 'server.mjs'))('autocannon');

const until = (child, ready) =>
  new Promise((done, fail) => {
    let said = '';
    child.once('exit', () => fail(new Error(said)));
    child.stdout.on('data', (bytes) => ready.test((said += bytes)) && done(said));
  });

async function measure(cache, env) {
  const stdio = ['ignore', 'pipe', 'inherit'];
  const server = spawn('node', ['server.mjs', '0'], { cwd: home, env: { ...process.env, ...env }, stdio });
  const [threads, url] = /(\d+) threads at (\S+)/.exec(await until(server, /http:\S+\s/)).slice(1);
  let next = 0;
  const request = {
    method: 'POST',
    path: '/anime?style=meadow&maxSide=256',
    headers: { 'content-type': 'image/jpeg' },
    setupRequest: (one) => ({ ...one, body: photos[next++ % photos.length] }),
  };
  const run = { url, connections: CLIENTS, amount: photos.length, timeout: 120, requests: [request] };
  const times = [];
  const result = await new Promise((done, fail) => {
    const instance = autocannon(run, (error, result) => (error ? fail(error) : done(result)));
    instance.on('response', (_client, _status, _bytes, ms) => times.push(ms));
  });
  times.sort((a, b) => a - b);
  const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1]);
  server.kill('SIGTERM');
  await new Promise((done) => server.once('exit', done));
  return {
    what: 'server',
    cache,
    clients: CLIENTS,
    threads: Number(threads),
    photos: result['2xx'],
    failed: result.errors + result.non2xx,
    seconds: result.duration,
    p50_ms: Math.round(times[Math.floor(times.length * 0.5)]),
    p95_ms: Math.round(times[Math.floor(times.length * 0.95)]),
    peak_mb: Math.round(peak / 1024),
  };
}

const port = '7391';
const words = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
const redis = spawn('redis-check-rdb', words, { argv0: 'redis-server', stdio: ['ignore', 'pipe', 'inherit'] });
process.on('exit', () => redis.kill());
await until(redis, /Ready to accept/);
const rows = [await measure('own', { NIJIGEN_SHARED_CACHE: '' }), await measure('shared', { NIJIGEN_SHARED_CACHE: `redis://127.0.0.1:${port}` })];
const held = existsSync(RESULTS) ? JSON.parse(readFileSync(RESULTS, 'utf8')) : [];
const others = held.filter(({ what }) => what !== 'server');
writeFileSync(RESULTS, `${JSON.stringify([...others, ...rows], null, 2)}\n`);
console.table(rows);
if (rows.some(({ failed }) => failed > 0)) throw new Error('some requests failed');
process.exit();
