import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

const TYPES = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

const ISOLATION = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

/**
 * Serves a folder as a plain static host would, under a sub-path. `answer(path, response)` may give other bytes for a
 * path, or answer itself.
 * Heavy files come in slowly enough for their progress to be seen, unless they are not to be throttled.
 * With `isolated` the host sets the headers that threads need; `caching` is what it says of keeping its files.
 */
export async function serve(
  folder,
  {
    prefix = '/sub/',
    answer = () => undefined,
    throttled = true,
    isolated = false,
    caching = 'no-cache',
    port = 0,
  } = {},
) {
  const requests = [];
  let current = folder;
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://host');
    const path = pathname.startsWith(prefix) ? normalize(pathname.slice(prefix.length)) || '.' : undefined;
    let file = path && !path.startsWith('..') ? join(current, path) : undefined;
    if (file && existsSync(file) && statSync(file).isDirectory()) file = join(file, 'index.html');
    if (!file || !existsSync(file)) return void response.writeHead(404).end();

    requests.push(path);
    const type = { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream', 'cache-control': caching };
    if (isolated) Object.assign(type, ISOLATION);
    const bytes = answer(path, response);
    if (response.headersSent) return;
    if (bytes) return void response.writeHead(200, type).end(bytes);
    response.writeHead(200, { ...type, 'content-length': statSync(file).size });
    const stream = createReadStream(file, { highWaterMark: 256 * 1024 });
    if (throttled && /\.(wasm|onnx)$/.test(file)) slow(stream);
    stream.pipe(response);
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  // A test that fails does not close it, and would have its process wait for that.
  server.unref();
  return {
    requests,
    url: `http://127.0.0.1:${server.address().port}${prefix}`,
    count: (pattern) => requests.filter((path) => pattern.test(path)).length,
    /** From now on another folder is served. */
    deploy(next) {
      current = next;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function slow(stream) {
  stream.on('data', () => {
    stream.pause();
    setTimeout(() => stream.resume(), 25);
  });
}
