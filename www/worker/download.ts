import { WorkerError } from './failure.js';

export type ByteListener = (loaded: number) => void;

/** Fetches and checks the status. Failures are `network`, save an abort, which is `cancelled`. */
export async function request(url: string, signal: AbortSignal): Promise<Response> {
  const response = await fetch(url, { signal }).catch((cause: unknown) => {
    throw lost(url, signal, cause);
  });
  if (!response.ok) throw new WorkerError('network', `${url} answered with status ${response.status}`);
  return response;
}

/** Reads a response to its end, telling the bytes as they come; stops if the listener throws. */
export async function read(
  response: Response,
  signal: AbortSignal,
  onBytes: ByteListener,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let loaded = 0;
  try {
    await response.body?.pipeTo(
      new WritableStream<Uint8Array<ArrayBuffer>>({
        write(chunk) {
          chunks.push(chunk);
          loaded += chunk.length;
          onBytes(loaded);
        },
      }),
    );
  } catch (cause) {
    throw lost(response.url, signal, cause);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** Tells the bytes of a response that something else is reading. */
export function count(response: Response, onBytes: ByteListener): void {
  let loaded = 0;
  const counter = new WritableStream<Uint8Array>({
    write(chunk) {
      loaded += chunk.length;
      onBytes(loaded);
    },
  });
  // Whoever reads the response meets the same error and reports it.
  response
    .clone()
    .body?.pipeTo(counter)
    .catch(() => undefined);
}

/** What it means that a download broke off. */
export function lost(url: string, signal: AbortSignal, cause: unknown): WorkerError {
  if (cause instanceof WorkerError) return cause;
  if (signal.aborted) return new WorkerError('cancelled', 'the download was cancelled');
  return new WorkerError('network', `${url} could not be downloaded`, { cause });
}
