import { afterAwake, STALLED_MS } from '../timer.js';
import { WorkerError } from './failure.js';

export type ByteListener = (loaded: number) => void;

/** A download of which nothing came for so long. */
export class Stalled extends WorkerError {
  constructor(url: string) {
    super('network', `the download of ${url} stood still for ${STALLED_MS / 1000} s and was ended`);
  }
}

/** A response on its way, which is ended where it stands still. Failures are `network`, save an abort, which is `cancelled`. */
export class Download {
  /** Several share a line, on which one may wait for another: what comes of any is a sign of life for all. */
  static readonly #coming = new Set<Download>();
  readonly #line = new AbortController();
  #forget: () => void = () => undefined;

  constructor(
    readonly url: string,
    readonly signal: AbortSignal,
  ) {}

  /** Fetches and checks the status. What has come must be read, or counted. */
  async response(): Promise<Response> {
    this.signal.addEventListener('abort', this.#abort, { once: true });
    if (this.signal.aborted) this.#abort();
    Download.#coming.add(this);
    this.#wait();
    try {
      const response = await fetch(this.url, { signal: this.#line.signal });
      if (!response.ok) throw new WorkerError('network', `${this.url} answered with status ${response.status}`);
      return response;
    } catch (cause) {
      throw this.lost(cause);
    }
  }

  /** Reads a response to its end, telling the bytes as they come; stops if the listener throws. */
  async read(response: Response, onBytes: ByteListener): Promise<Uint8Array<ArrayBuffer>> {
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    try {
      const keep = (chunk: Uint8Array<ArrayBuffer>) => chunks.push(chunk);
      await response.body?.pipeTo(this.#sink(onBytes, keep));
    } catch (cause) {
      throw this.lost(cause);
    }
    this.#end();
    return new Uint8Array(await new Blob(chunks).arrayBuffer());
  }

  /** Tells the bytes of a response that something else is reading. */
  count(response: Response, onBytes: ByteListener): void {
    const over = () => {
      this.#end();
    };
    // Whoever reads the response meets the same error and reports it.
    const { body } = response.clone();
    if (body) body.pipeTo(this.#sink(onBytes)).then(over, over);
    else over();
  }

  /** What it means that it broke off. */
  lost(cause: unknown): WorkerError {
    this.#end();
    if (cause instanceof WorkerError) return cause;
    if (this.signal.aborted) return new WorkerError('cancelled', 'the download was cancelled');
    const stalled: unknown = this.#line.signal.reason;
    if (stalled instanceof Stalled) return stalled;
    return new WorkerError('network', `${this.url} could not be downloaded`, { cause });
  }

  #sink(
    onBytes: ByteListener,
    keep?: (chunk: Uint8Array<ArrayBuffer>) => void,
  ): WritableStream<Uint8Array<ArrayBuffer>> {
    let loaded = 0;
    return new WritableStream({
      write: (chunk) => {
        for (const download of Download.#coming) download.#wait();
        keep?.(chunk);
        loaded += chunk.length;
        onBytes(loaded);
      },
    });
  }

  readonly #abort = (): void => {
    this.#line.abort();
  };

  /** It has so much time again. */
  #wait(): void {
    this.#forget();
    this.#forget = afterAwake(STALLED_MS, () => {
      this.#line.abort(new Stalled(this.url));
    });
  }

  #end(): void {
    Download.#coming.delete(this);
    this.#forget();
    this.signal.removeEventListener('abort', this.#abort);
  }
}
