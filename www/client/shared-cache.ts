import type { EngineHost } from './host.js';
import type { CacheCommand, CacheEntry, CacheReply, CacheSettings, CacheUsage } from './protocol.js';

type Answer = Exclude<CacheReply, { readonly failure: unknown }>;

/**
 * Asks every one of these workers, which keep pictures in memories of their own and share a database where there is
 * one. What is removed is gone from all of them when this resolves: the news that they tell each other may come later.
 */
export async function askAll(
  workers: readonly EngineHost[],
  settings: CacheSettings,
  command: CacheCommand,
): Promise<CacheReply> {
  const ask = async (command: CacheCommand) =>
    (await Promise.all(workers.map((worker) => worker.cache(settings, command)))) as Answer[];
  const answers = await ask(command);
  const [first = {}] = answers;
  switch (command.name) {
    case 'picture':
    case 'original':
      return { picture: answers.find(({ picture }) => picture)?.picture };
    case 'entries':
      return { entries: merged(answers) };
    case 'usage':
      if (!first.usage || first.usage.lasting || answers.length === 1) return first;
      return { usage: sumOf(first.usage, merged(await ask({ name: 'entries' }))) };
    default:
      return first;
  }
}

/** Each entry once, as the worker knows it that saw it used last; the newest first. */
function merged(answers: readonly Answer[]): CacheEntry[] {
  const all = answers.flatMap(({ entries = [] }) => entries).sort((a, b) => a.used - b.used);
  const entries = new Map(all.map((entry) => [entry.id, entry]));
  return [...entries.values()].sort((a, b) => b.created - a.created);
}

const sumOf = (usage: CacheUsage, entries: readonly CacheEntry[]): CacheUsage => ({
  ...usage,
  entries: entries.length,
  bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0),
});
