// What happened to a stream as a whole: changes of its status and its labels, gaps.
import type { StreamEvent } from '../protocol/event.ts';
import type { Reason, StreamStatus } from '../protocol/stream.ts';

/** Marks kept for display. */
export const MAX_MARKS = 300;
/** Gaps this close are one: at the usual 2 frames a second, 0.5 s lie between two windows that were dropped. */
const SIDE_BY_SIDE_SECONDS = 0.6;

/** Something worth a line of text: when it happened in media time, and what. */
export type Mark =
  | { seq: number; kind: 'status'; media: number; status: StreamStatus; reason?: Reason | undefined }
  | { seq: number; kind: 'labels'; media: number; version: number; added: string[]; removed: string[] }
  | {
      seq: number;
      kind: 'gap';
      media: number;
      from: number;
      to: number;
      windows: number;
      reason: 'overload' | 'lost' | 'trimmed';
    };

/** Returns `marks` with a gap. Windows are dropped one by one; those that lie side by side are one gap to a person. */
export function addGap(
  marks: readonly Mark[],
  event: Extract<StreamEvent, { type: 'gap' }>,
): readonly Mark[] {
  const { seq, media, from, to, windows, reason } = event;
  const last = marks.at(-1);
  if (last?.kind === 'gap' && last.reason === reason && from - last.to <= SIDE_BY_SIDE_SECONDS) {
    const longer = { ...last, media, to: Math.max(last.to, to), windows: last.windows + windows };
    return [...marks.slice(0, -1), longer];
  }
  return addMark(marks, { seq, kind: 'gap', media, from, to, windows, reason });
}

/** Returns `marks` with one more, at most {@link MAX_MARKS}. */
export function addMark(marks: readonly Mark[], mark: Mark): readonly Mark[] {
  return [...marks, mark].slice(-MAX_MARKS);
}
