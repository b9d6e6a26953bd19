// How far back a stream's embeddings are kept: marks along the history, and what has fallen behind the retention time.

/** A window seq with its media time in seconds. */
export interface Mark {
  readonly seq: number;
  readonly media: number;
}

/** Windows from `from` up to but not including `to`. */
export interface SeqRange {
  readonly from: number;
  readonly to: number;
}

/** Marks per retention time: history is cut in steps of a 24th of it, so that a state holds some 25 marks. */
const MARKS_PER_RETENTION = 24;

/**
 * Returns the marks with `at` added where it is due, and the windows whose frames are all older than `retentionSeconds`
 * before it.
 */
export function markHistory(
  marks: readonly Mark[],
  at: Mark,
  retentionSeconds: number,
): { marks: readonly Mark[]; expired: SeqRange | undefined } {
  const latest = marks.at(-1);
  const isDue = !latest || at.media - latest.media >= retentionSeconds / MARKS_PER_RETENTION;
  const all = isDue ? [...marks, at] : marks;
  // Between one mark and the next lie windows older than the next: they may go when that one is too old.
  const keptFrom = all.findLastIndex(({ media }) => media < at.media - retentionSeconds);
  const [first, kept] = [all[0], all[keptFrom]];
  if (keptFrom <= 0 || !first || !kept) return { marks: all, expired: undefined };
  return { marks: all.slice(keptFrom), expired: { from: first.seq, to: kept.seq } };
}
