import { styleName } from '../shell/style-names.js';
import { decimal, sentenceFor, shortDay, size, text } from '../shell/text.js';
import { failureOf, photosFault, type JobState } from './job.js';
import type { Reading } from './meter.js';

type Done = Extract<JobState, { name: 'done' }>;

export type Action = 'save' | 'cancel' | 'retry' | 'redo' | 'remove';

/** What a card shows of its photo, in the page's language. */
export interface View {
  readonly state: JobState['name'];
  /** Only another photo helps, no smaller size and no other style. */
  readonly hopeless: boolean;
  readonly status: string;
  /** While there is something to wait for. */
  readonly meter?: Reading;
  readonly problem?: { readonly sentence: string; readonly detail: string };
  /** Why the picture is another one than might be expected. */
  readonly remark?: string;
  /** Format and size of the file. */
  readonly weight?: string;
  readonly actions: readonly Action[];
  /** What screen readers say of saving. */
  readonly saveLabel?: string;
}

/** `first`: with no photo before it, what it waits for is the engine. */
export function viewOf(state: JobState, { name, first }: { readonly name: string; readonly first: boolean }): View {
  const failure = failureOf(state);
  const meter = meterOf(state, first);
  return {
    state: state.name,
    hopeless: state.name === 'failed' && photosFault(state),
    status: meter?.words ?? statusOf(state),
    ...(meter && { meter }),
    ...(failure && { problem: { sentence: sentenceFor(failure.code, failure.kind), detail: failure.message } }),
    ...(state.name === 'done' && describe(state, name)),
    actions: actionsIn(state),
  };
}

function meterOf(state: JobState, first: boolean): Reading | undefined {
  if (state.name === 'waiting') return { share: 0, words: text(first ? 'status.begin' : 'status.waiting') };
  return state.name === 'running' ? state.reading : undefined;
}

function statusOf(state: JobState): string {
  if (state.name !== 'done') return text(`status.${state.name}`);
  const { whole, took, setback, provisional } = state;
  if (setback) return text(`status.${setback.name}-${provisional ? 'quick' : 'again'}`);
  const { width, height, style, cached } = whole;
  const what = { style: styleName(style), width, height };
  if (cached?.ahead) return text('status.ahead', what);
  if (cached) return text('status.kept', { ...what, date: shortDay(cached.created) });
  return text('status.done', { ...what, seconds: decimal(took / 1000, 1) });
}

function describe({ conversion, whole }: Done, name: string): Pick<View, 'remark' | 'weight' | 'saveLabel'> {
  const { drawn, cached } = whole;
  const bytes = size(conversion.blob.size);
  const format = text(`format.${conversion.blob.type.replace('image/', '')}`);
  const near = cached?.kind === 'near';
  return {
    ...((drawn || near) && { remark: text(drawn ? 'card.drawn' : 'card.near') }),
    weight: text('card.weight', { format, size: bytes }),
    saveLabel: text('card.save-label', { name, size: bytes }),
  };
}

function actionsIn(state: JobState): readonly Action[] {
  if (state.name === 'waiting' || state.name === 'running') return ['cancel'];
  const done = state.name === 'done';
  const unfinished = state.name === 'cancelled' || failureOf(state) !== undefined || (done && state.provisional);
  return [
    ...(done ? (['save'] as const) : []),
    ...(unfinished && !photosFault(state) ? (['retry'] as const) : []),
    ...(done && state.whole.cached ? (['redo'] as const) : []),
    'remove',
  ];
}
