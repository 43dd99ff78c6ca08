import type { Conversion, Converter } from '../../client/index.js';
import { find } from './dom.js';
import { theConverter } from './converter.js';
import { decimal, size, text } from './text.js';

/** What this page has seen of the engine since it was opened. */
let last: Conversion | undefined;
let requests = 0;
let hits = 0;
let peak = 0;
let refresh: (() => void) | undefined;

/** Takes down how a picture came. */
export function note(converter: Converter, conversion: Conversion): void {
  const { cached } = conversion;
  // What came with the page says nothing of the cache or the engine.
  if (cached?.ahead) return;
  requests += 1;
  if (cached) hits += 1;
  else last = conversion;
  peak = Math.max(peak, conversion.memory, converter.memory);
  refresh?.();
}

/** The rows of figures, filled while they are in view. */
export class Monitor {
  readonly #root: HTMLDetailsElement;

  constructor(root: HTMLDetailsElement) {
    this.#root = root;
    root.addEventListener('toggle', () => {
      refresh = root.open ? () => void this.#fill() : undefined;
      refresh?.();
    });
  }

  /** Called with what may have changed them. */
  retranslate(): void {
    refresh?.();
  }

  async #fill(): Promise<void> {
    const none = text('monitor.none');
    const converter = await theConverter().catch(() => undefined);
    const [usage, origin] = await Promise.all([
      converter?.cache.stats().catch(() => undefined),
      (navigator as Partial<Navigator>).storage?.estimate().catch(() => undefined),
    ]);
    const now = converter?.memory ?? 0;
    this.#set('variant', last ? `${last.variant}${last.gpu ? ` (WebGPU: ${last.gpu})` : ''}` : none);
    this.#set('threads', last ? decimal(last.threads) : none);
    this.#set('memory', peak > 0 ? text('monitor.memory-value', { now: size(now), peak: size(peak) }) : none);
    this.#set('kept', usage ? size(usage.bytes) : none);
    this.#set('storage', origin?.usage === undefined ? none : size(origin.usage));
    const percent = requests > 0 ? decimal((hits / requests) * 100) : '';
    this.#set('hits', requests > 0 ? text('monitor.hits-value', { hits, requests, percent }) : none);
    for (const stage of ['load', 'prepare', 'inference', 'encode'] as const)
      this.#set(stage, last ? text('monitor.ms', { ms: decimal(Math.round(last.timings[stage])) }) : none);
  }

  #set(name: string, value: string): void {
    find(this.#root, `[data-figure="${name}"]`, HTMLElement).textContent = value;
  }
}
