// What is known of the windows behind a commit, on its way to the events that follow from them.
import type { Origin } from '../protocol/origin.ts';
import type { Span, Tracing } from '../runtime/tracing.ts';
import type { SequencedEntry } from './timeline.ts';

export interface WindowOrigins {
  /** Origin by the media time of the window's last frame, which is its scores event's own. */
  readonly byMedia: ReadonlyMap<number, Origin>;
  /** Tells that the commit is done; one that is not has no spans. */
  done(): void;
}

/** Begins a `commit` span for each window of `entries` that is traced. */
export function followWindows(
  entries: readonly SequencedEntry[],
  { stream, tracing }: { stream: string; tracing: Tracing },
): WindowOrigins {
  const byMedia = new Map<number, Origin>();
  const spans: Span[] = [];
  for (const { seq, entry } of entries) {
    const media = entry.kind === 'frames' ? entry.times.at(-1) : undefined;
    if (entry.kind !== 'frames' || !entry.origin || media === undefined) continue;
    const { publishedAt, trace } = entry.origin;
    const span = tracing.follow('commit', trace, { 'verbcast.stream': stream, 'verbcast.window': seq });
    spans.push(span);
    byMedia.set(media, { publishedAt, trace: span.trace });
  }
  return {
    byMedia,
    done() {
      for (const span of spans) span.end();
    },
  };
}
