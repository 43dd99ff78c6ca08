// WebKitGTK's MiniBrowser through WebKitWebDriver (W3C WebDriver): the six commands that the steps need, for which a library
// would bring more than it saves; on a screen that nobody sees.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { resolve } from 'node:path';

const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';
const PATIENCE_MS = 30_000;

/** Opens a window; `close` ends all that was started. */
export async function openWindow() {
  const started = [];
  const close = async () => {
    for (const child of started.reverse()) {
      if (child.exitCode !== null) continue;
      child.kill();
      await once(child, 'exit');
    }
  };
  try {
    const screen = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1280x900x24', '-nolisten', 'tcp'], {
      stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
    });
    started.push(screen);
    const [display] = await once(screen.stdio[3], 'data');
    const port = await freePort();
    const env = {
      ...process.env,
      DISPLAY: `:${String(display).trim()}`,
      // There is no graphics card to compose with.
      WEBKIT_DISABLE_COMPOSITING_MODE: '1',
    };
    started.push(spawn('WebKitWebDriver', [`--port=${port}`], { env, stdio: 'inherit' }));
    const ask = asking(`http://127.0.0.1:${port}`);
    await listening(ask);
    const capabilities = { alwaysMatch: { timeouts: { script: 60_000 } } };
    const { sessionId } = await ask('POST', '/session', { capabilities });
    const session = (method, path, body) => ask(method, `/session/${sessionId}${path}`, body);
    return {
      page: pageOf(session),
      close: async () => {
        await session('DELETE', '').catch(() => undefined);
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const pageOf = (session) => ({
  goto: (url) => session('POST', '/url', { url }),
  reload: () => session('POST', '/refresh', {}),
  async choose(...paths) {
    const found = await session('POST', '/element', { using: 'css selector', value: 'input[type=file]' });
    const text = paths.map((path) => resolve(path)).join('\n');
    await session('POST', `/element/${found[ELEMENT]}/value`, { text });
  },
  async evaluate(run, ...args) {
    const script = `
      const answer = arguments[arguments.length - 1];
      Promise.resolve((${run})(...[...arguments].slice(0, -1))).then(
        (value) => answer({ value }),
        (error) => answer({ error: String(error) }),
      );`;
    const { value, error } = await session('POST', '/execute/async', { script, args });
    if (error) throw new Error(error);
    return value;
  },
});

const asking = (host) => async (method, path, body) => {
  const response = await fetch(host + path, { method, ...(body && { body: JSON.stringify(body) }) });
  const { value } = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${value.error}, ${value.message}`);
  return value;
};

async function listening(ask) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await ask('GET', '/status');
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
