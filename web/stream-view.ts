// What the page knows of a stream: a pure reducer over its event log.
import type { Action, FrameScores, StreamEvent } from '../protocol/event.ts';
import type { Reason, StreamStatus } from '../protocol/stream.ts';
import { addGap, addMark, type Mark } from './marks.ts';
import { EMPTY_HISTORY, remember, type ScoreHistory } from './score-history.ts';

/** Finished actions kept for display; the exports have all of them. */
export const MAX_PAST_ACTIONS = 10_000;

/** All of it is rebuilt by a replay from seq 0; times are media seconds. */
export interface StreamView {
  /** Seq of the last event that was applied. */
  readonly seq: number;
  readonly status: StreamStatus | null;
  readonly reason: Reason | null;
  /** How far the labels are known. */
  readonly media: number;
  /** Names of the current label set; empty until the log tells. */
  readonly labels: readonly string[];
  readonly labelsVersion: number;
  /** Every label ever seen, in order of appearance: its place decides its colour for good. */
  readonly everyLabel: readonly string[];
  readonly history: ScoreHistory;
  readonly latest: FrameScores | null;
  /** Actions that hold now, in order of their start. */
  readonly running: readonly Action[];
  /** Actions that have ended, in order of their start; the newest {@link MAX_PAST_ACTIONS}. */
  readonly past: readonly Action[];
  /** How many older ones are not in `past` any more. */
  readonly forgotten: number;
  readonly marks: readonly Mark[];
  /** Live streams: the time of day at media second 0 by the newest event, epoch milliseconds; null for files. */
  readonly zeroAtMs: number | null;
}

/** A stream of which nothing is known yet. */
export const EMPTY_VIEW: StreamView = {
  seq: 0,
  status: null,
  reason: null,
  media: 0,
  labels: [],
  labelsVersion: 0,
  everyLabel: [],
  history: EMPTY_HISTORY,
  latest: null,
  running: [],
  past: [],
  forgotten: 0,
  marks: [],
  zeroAtMs: null,
};

/** Returns the view after `event`. An event at or before the view's seq changes nothing, so a replay is harmless. */
export function advanceView(view: StreamView, event: StreamEvent): StreamView {
  if (event.seq <= view.seq) return view;
  const next = {
    ...view,
    seq: event.seq,
    media: Math.max(view.media, event.media),
    zeroAtMs: event.wall === undefined ? view.zeroAtMs : Date.parse(event.wall) - event.media * 1000,
  };
  switch (event.type) {
    case 'stream.status': {
      const { seq, media, status, reason } = event;
      return {
        ...next,
        status,
        reason: reason ?? null,
        marks: addMark(view.marks, { seq, kind: 'status', media, status, reason }),
      };
    }
    case 'labels.changed':
      return changeLabels(next, event);
    case 'scores':
      return {
        ...next,
        history: remember(view.history, event.frames),
        latest: event.frames.at(-1) ?? view.latest,
        everyLabel: withLabels(
          view.everyLabel,
          event.frames.flatMap((frame) => frame.top.map((entry) => entry.label)),
        ),
      };
    case 'action.started':
    case 'action.updated':
      return {
        ...next,
        running: insert(
          view.running.filter((action) => action.id !== event.action.id),
          event.action,
        ),
        everyLabel: withLabels(view.everyLabel, [event.action.label]),
      };
    case 'action.ended':
      return {
        ...next,
        running: view.running.filter((action) => action.id !== event.action.id),
        past: insert(view.past, event.action).slice(-MAX_PAST_ACTIONS),
        forgotten: view.forgotten + (view.past.length === MAX_PAST_ACTIONS ? 1 : 0),
        everyLabel: withLabels(view.everyLabel, [event.action.label]),
      };
    case 'gap': {
      return { ...next, marks: addGap(view.marks, event) };
    }
  }
}

function changeLabels(view: StreamView, event: Extract<StreamEvent, { type: 'labels.changed' }>): StreamView {
  // A log that does not begin with its label set tells the first one by its scores.
  const before = view.labels.length > 0 ? view.labels : view.everyLabel;
  const isFirst = event.labelsVersion === 1;
  return {
    ...view,
    labels: event.labels,
    labelsVersion: event.labelsVersion,
    everyLabel: withLabels(view.everyLabel, event.labels),
    marks: addMark(view.marks, {
      seq: event.seq,
      kind: 'labels',
      media: event.media,
      version: event.labelsVersion,
      added: isFirst ? [] : event.labels.filter((label) => !before.includes(label)),
      removed: isFirst ? [] : before.filter((label) => !event.labels.includes(label)),
    }),
  };
}

/** Returns `known` with those of `labels` that are new behind it; the same list when none is. */
export function withLabels(known: readonly string[], labels: readonly string[]): readonly string[] {
  const fresh = [...new Set(labels)].filter((label) => !known.includes(label));
  return fresh.length === 0 ? known : [...known, ...fresh];
}

function insert(actions: readonly Action[], action: Action): readonly Action[] {
  const at = actions.findLastIndex((other) => other.start <= action.start) + 1;
  return [...actions.slice(0, at), action, ...actions.slice(at)];
}
