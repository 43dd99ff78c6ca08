// What a converter is asked and what it answers.
import type {
  CacheMode,
  Cached,
  CoreOptions,
  ModelEntry,
  ModelRange,
  Progress,
  ProgressListener,
  Timings,
  Variant,
} from './protocol.js';
import type { FileSource } from './source.js';

export interface ConvertOptions extends CoreOptions {
  /** A style of `styles()`, or the id of a model of your own; default the first one. */
  readonly style?: string;
  /** Default the first one that the style has. */
  readonly tier?: ModelEntry['tier'];
  /** A generator of your own, in place of `style` and `tier`: the ONNX file of an AnimeGANv2 or the like, or its URL. */
  readonly model?: FileSource;
  /**
   * The values that stand for black and white in what `model` takes and gives, of each apart where they differ; without
   * it they are found out.
   */
  readonly modelRange?: ModelRange;
  /** Whether a picture made before may answer, and this one be kept; default `use`. */
  readonly cache?: CacheMode;
  /** Holds the drawing in the engine's memory, as far as there is room, for `revise`; default false. */
  readonly revisable?: boolean;
  /** Told the fast tier's result, which comes first where the fine tier is asked for and the style has both. */
  readonly onPreview?: (preview: Conversion) => void;
  /**
   * Milliseconds that drawing may take, not counting those spent waiting or downloading; default 120 000, `Infinity`
   * for no limit. Later it rejects with code `timeout`, and so it does where nothing comes for so long.
   */
  readonly timeout?: number;
  /** Aborting rejects with code `cancelled` within 300 ms. */
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressListener;
}

export interface ConvertManyOptions extends Omit<ConvertOptions, 'onProgress' | 'onPreview'> {
  /** Results in the order of the sources; default true. Else each as soon as it is there. */
  readonly ordered?: boolean;
  /**
   * Milliseconds in which sources that come one by one are waited for, until it is decided how many are drawn at once;
   * default 200.
   */
  readonly window?: number;
  readonly onProgress?: (progress: Progress, index: number) => void;
}

export interface Conversion {
  readonly blob: Blob;
  readonly width: number;
  readonly height: number;
  /** The style's name, or that of your own model's file. */
  readonly style: string;
  /** Missing for a model of your own. */
  readonly tier?: ModelEntry['tier'];
  readonly timings: Timings;
  /** The engine's build that ran, or that the GPU did. */
  readonly variant: Variant | 'webgpu';
  /** Why the GPU did not, where there is one that was given up. */
  readonly gpu?: string;
  /** How many threads it had. */
  readonly threads: number;
  /** The most memory that the engine has held until now, in bytes. */
  readonly memory: number;
  /**
   * Whether the input looked like a drawing already: then nothing is kept, nor found by likeness. Not asked, and so false,
   * with `cache: 'off'`.
   */
  readonly drawn: boolean;
  /** Whether a picture made before answered: the very file's, or that of one that looks the same. */
  readonly cache: 'exact' | 'near' | 'miss';
  /** Says which earlier picture answered; missing when this one was made anew. */
  readonly cached?: Cached;
  /** What `revise` finds the drawing by; missing where none is held. */
  readonly drawing?: string;
}

/** Of what takes no other options. */
export interface Abortable {
  /** Aborting rejects with code `cancelled`. */
  readonly signal?: AbortSignal;
}
