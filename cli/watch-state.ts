// events → what `verbcast watch` knows: one pure step per event.
import type { Action, FrameScores, LabelScore, StreamEvent } from '../protocol/event.ts';
import type { Reason, StreamStatus } from '../protocol/stream.ts';

/** A label's highest score so far, and the media time in seconds at which it had it. */
export interface BestScore extends LabelScore {
  readonly media: number;
}

/** All that is shown of a stream. Its size is bounded by the labels and by the actions that there were. */
export interface WatchState {
  readonly status: StreamStatus;
  readonly reason: Reason | undefined;
  /** Media time in seconds up to which labels are known. */
  readonly media: number;
  /** The best labels at `media`, best first. */
  readonly top: readonly LabelScore[];
  /** What the background prompts got at `media`, 0..1. */
  readonly background: number;
  /** Actions that hold, in order of their start. */
  readonly running: readonly Action[];
  /** Actions that are over, in order of their end. */
  readonly over: readonly Action[];
  readonly best: ReadonlyMap<string, BestScore>;
  /** Windows that were dropped or lost. */
  readonly missedWindows: number;
}

export const INITIAL_WATCH: WatchState = {
  status: 'queued',
  reason: undefined,
  media: 0,
  top: [],
  background: 0,
  running: [],
  over: [],
  best: new Map(),
  missedWindows: 0,
};

/** Returns the state after `event`. Of a `scores` event the last frame counts for what is shown, each for `best`. */
export function applyEvent(state: WatchState, event: StreamEvent): WatchState {
  switch (event.type) {
    case 'stream.status':
      return { ...state, status: event.status, reason: event.reason };
    case 'scores':
      return event.frames.reduce(applyFrame, state);
    case 'action.started':
    case 'action.updated':
      return { ...state, running: withAction(state.running, event.action) };
    case 'action.ended':
      return {
        ...state,
        running: state.running.filter(({ id }) => id !== event.action.id),
        over: [...state.over, event.action],
      };
    case 'gap':
      return { ...state, missedWindows: state.missedWindows + event.windows };
    case 'labels.changed':
      return state;
  }
}

/** Returns the state after the scores of one sampled frame. */
export function applyFrame(state: WatchState, { media, top, background }: FrameScores): WatchState {
  const best = new Map(state.best);
  for (const { label, score } of top) {
    if (score > (best.get(label)?.score ?? 0)) best.set(label, { label, score, media });
  }
  return { ...state, media: Math.max(state.media, media), top, background, best };
}

function withAction(running: readonly Action[], action: Action): Action[] {
  const known = running.some(({ id }) => id === action.id);
  if (!known) return [...running, action].sort((a, b) => a.start - b.start);
  return running.map((other) => (other.id === action.id ? action : other));
}
