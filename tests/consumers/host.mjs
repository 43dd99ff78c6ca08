import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.jpg': 'image/jpeg',
  '.wasm': 'application/wasm',
};

/**
 * Static files on an origin of their own, all with these headers, or each with those that `headers` gives for its path.
 * `folders` maps a path to where its files lie, `types` an extension to its type.
 */
export async function host(folders, headers = {}, types = {}) {
  const asked = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://host');
    asked.push(pathname);
    const path = normalize(pathname.endsWith('/') ? `${pathname}index.html` : pathname);
    const at = Object.keys(folders)
      .sort((a, b) => b.length - a.length)
      .find((at) => path.startsWith(at));
    const sent = typeof headers === 'function' ? headers(path) : headers;
    const file = at && join(folders[at], path.slice(at.length));
    if (!file || !existsSync(file)) return void response.writeHead(404, sent).end();
    response.writeHead(200, {
      'content-type': { ...TYPES, ...types }[extname(file)] ?? 'application/octet-stream',
      ...sent,
    });
    createReadStream(file).pipe(response);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return {
    asked,
    url: `http://127.0.0.1:${server.address().port}/`,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
