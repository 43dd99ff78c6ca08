// A `SharedStore` of nijigen in Redis or Valkey, one server or a cluster, in the very keys of `nijigen convert --cache`.
import { createClient, createCluster, RESP_TYPES } from 'redis';

const PATIENCE_MS = 1000;
/** The largest picture that the program shares: a server does nothing else while it takes one in. */
const LARGEST = 32 * 2 ** 20;
/** What has ended leaves a set, and the set lasts as long as the member that lasts longest. */
const JOIN = `redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
  redis.call('ZADD', KEYS[1], ARGV[2], ARGV[3])
  if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[4]) then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end`;

/** Connects when it is first used, and again whenever it could not: to the first of `urls`, with commas between, that
 * answers, and to its cluster if it is of one. */
export function redisStore(urls) {
  let opened;
  let said = false;
  const open = () =>
    (opened ??= connect(urls.split(',')).catch((error) => {
      opened = undefined;
      // Nobody else says so: photos are drawn all the same. The addresses may have passwords in them.
      if (!said) console.error(`the shared cache cannot be reached: ${error.message || error.code}`);
      said = true;
      throw error;
    }));
  return {
    maxBytes: LARGEST,
    async get(name) {
      const { bytes } = await open();
      return (await bytes.get(name)) ?? undefined;
    },
    async put({ name, value, lifetime, sets, member }) {
      const { client } = await open();
      await client.set(name, Buffer.from(value), { expiration: { type: 'PX', value: lifetime } });
      const now = Date.now();
      const values = [String(now), String(now + lifetime), Buffer.from(member), String(lifetime)];
      await Promise.all(sets.map((set) => client.eval(JOIN, { keys: [set], arguments: values })));
    },
    async members(sets) {
      const { bytes } = await open();
      return (await Promise.all(sets.map((set) => bytes.zRange(set, 0, -1)))).flat();
    },
  };
}

async function connect(urls) {
  let last;
  for (const url of urls) {
    try {
      const single = await reached(createClient({ url, disableOfflineQueue: true }));
      if (!(await single.info('cluster')).includes('cluster_enabled:1')) return both(single);
      single.destroy();
      const { username, password, protocol } = new URL(url);
      const named = { ...(username && { username: decodeURIComponent(username) }), ...(password && { password: decodeURIComponent(password) }) };
      const defaults = { ...named, socket: { tls: protocol === 'rediss:' }, disableOfflineQueue: true };
      return both(await reached(createCluster({ rootNodes: urls.map((url) => ({ url })), defaults })));
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

const both = (client) => ({ client, bytes: client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }) });

/** Connected, or given up: by itself a client tries for ever. */
async function reached(client) {
  // Whoever calls the store hears of each failure; without a listener the process would end. While it tries again, here alone
  // it says why.
  let why = new Error('no answer');
  client.on('error', (error) => (why = error));
  let timer;
  const late = new Promise((_done, fail) => {
    timer = setTimeout(() => fail(why), PATIENCE_MS);
  });
  try {
    await Promise.race([client.connect(), late]);
    return client;
  } catch (error) {
    client.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
