// POST /anime?style=meadow with a photo as the body answers with a JPEG: node server.mjs [PORT]
import { availableParallelism } from 'node:os';
import Fastify from 'fastify';
import { Piscina } from 'piscina';

const THREADS = Math.min(2 * availableParallelism(), 8);
/** Photos that wait at most; others are told to come again. */
const QUEUE = Number(process.env.QUEUE ?? 64);
const LARGEST_BYTES = 12 * 2 ** 20;
/** For what a photo takes to arrive. */
const ARRIVAL_MS = 30_000;
/** For drawing it. */
const TIMEOUT_MS = Number(process.env.TIMEOUT_MS ?? 30_000);
/** How HTTP says what is wrong; all else is our own fault. */
const STATUS = {
  'unsupported-format': 415,
  'too-large': 413,
  'too-small': 422,
  'corrupt-image': 422,
  'out-of-memory': 503,
  timeout: 503,
};

const pool = new Piscina({
  filename: new URL('worker.mjs', import.meta.url).href,
  minThreads: THREADS,
  maxThreads: THREADS,
  maxQueue: QUEUE,
  // A thread at rest must not stand still: what it has drawn is still on its way into the cache.
  atomics: 'disabled',
});
const server = Fastify({ bodyLimit: LARGEST_BYTES, requestTimeout: ARRIVAL_MS });
server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

const query = {
  type: 'object',
  additionalProperties: false,
  properties: {
    style: { enum: ['meadow', 'skyline', 'carnival', 'portrait'], default: 'meadow' },
    tier: { enum: ['fast', 'fine'], default: 'fast' },
    maxSide: { type: 'integer', minimum: 256, maximum: 2048, default: 1024 },
    format: { enum: ['jpeg', 'png', 'webp'], default: 'jpeg' },
  },
};

function draw(body, query, again = true) {
  // Its bytes are moved to the thread.
  const photo = new Uint8Array(body);
  const task = pool.run({ ...query, photo, timeout: TIMEOUT_MS }, { transferList: [photo.buffer] });
  // A thread that ended because of another photo may have been given this one already.
  return task.catch((error) => (again && /worker exited/.test(error.message) ? draw(body, query, false) : Promise.reject(error)));
}
// A thread that ends at rest is replaced.
pool.on('error', (error) => console.error(error));

let ending = false;
server.addHook('onSend', async (_request, reply) => {
  if (ending) reply.header('connection', 'close');
});

server.post('/anime', { schema: { querystring: query } }, async (request, reply) => {
  const refuse = (status, code, message) => reply.code(status).send({ code, message });
  if (!Buffer.isBuffer(request.body) || request.body.length === 0) return refuse(400, 'no-photo', 'send a photo as the body');
  if (pool.queueSize >= QUEUE) {
    reply.header('retry-after', '2');
    return refuse(429, 'busy', 'too many photos wait; come again');
  }
  const { picture, type, cache, code, message } = await draw(request.body, request.query);
  if (code) return refuse(STATUS[code] ?? 500, code, message);
  return reply.type(type).header('x-cache', cache).send(Buffer.from(picture));
});

const address = await server.listen({ port: Number(process.argv[2] ?? 3000), host: '127.0.0.1' });
console.log(`${THREADS} threads at ${address}`);

// Those in hand are answered, and their connections not kept for more.
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, async () => {
    ending = true;
    await server.close();
    await pool.close();
  });
}
