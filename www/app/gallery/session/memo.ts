import type { Conversion } from '../../../client/index.js';
import type { Wish } from '../draw.js';
import type { Finished, JobState, Setback } from '../job.js';

export type Part = 'photo' | 'file' | 'whole';
export const PARTS = ['photo', 'file', 'whole'] as const satisfies readonly Part[];
/** Those that a change brings. */
export type Parts = Partial<Record<Part, Blob>>;

type Described = Omit<Conversion, 'blob' | 'drawing'>;

/** What is remembered of a photo in the list, beside the photo itself and the files that were made of it. */
export interface Memo {
  /** What is chosen for it. */
  readonly wish: Wish;
  /** `due` is what is still to be drawn. */
  readonly outcome: 'due' | 'done' | Setback;
  /** The picture that there is. */
  readonly finished?: Omit<Finished, 'conversion' | 'whole'> & {
    readonly conversion: Described;
    /** Missing where it is the same. */
    readonly whole?: Described;
  };
}

/** How a photo comes back. */
export interface Remembered {
  readonly file: File;
  readonly wish: Wish;
  readonly outcome: Memo['outcome'];
  readonly finished?: Finished;
}

/** What to remember of a photo in this state, of which `wish` is chosen; and the files that belong to it. */
export function memoOf(state: JobState, wish: Wish, finished: Finished | undefined): { memo: Memo; parts: Parts } {
  const outcome = state.name === 'waiting' || state.name === 'running' ? 'due' : state.name === 'done' ? 'done' : state;
  if (!finished) return { memo: { wish, outcome }, parts: {} };
  const { conversion, whole, ...rest } = finished;
  const same = conversion.blob === whole.blob;
  return {
    memo: {
      wish: outcome === 'done' ? finished.wish : wish,
      outcome,
      finished: { ...rest, conversion: described(conversion), ...(!same && { whole: described(whole) }) },
    },
    parts: { file: conversion.blob, ...(!same && { whole: whole.blob }) },
  };
}

/** The same again; as good as never drawn where a file is missing. */
export function recalled({ memo, file, parts }: { memo: Memo; file: File; parts: Parts }): Remembered {
  const { wish, outcome, finished } = memo;
  if (!finished) return { file, wish, outcome };
  const { conversion, whole, ...rest } = finished;
  const wholeFile = whole ? parts.whole : parts.file;
  if (!parts.file || !wholeFile) return { file, wish, outcome: 'due' };
  const made = { ...conversion, blob: parts.file };
  return {
    file,
    wish,
    outcome,
    finished: { ...rest, conversion: made, whole: whole ? { ...whole, blob: wholeFile } : made },
  };
}

function described({ blob: _, drawing: __, ...rest }: Conversion): Described {
  return rest;
}
