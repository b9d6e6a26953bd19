// Where a scores event comes from: for latency and traces. It travels beside the event, never in it.

/** What is known of the window behind an event. */
export interface Origin {
  /** Epoch milliseconds by ingest's clock. */
  readonly publishedAt: number;
  /** W3C traceparent of the last span of its way, where traces are recorded. */
  readonly trace?: string | undefined;
}

/** Returns an origin as text of at most 80 ASCII characters: `<epoch ms>`, or `<epoch ms> <traceparent>`. */
export function encodeOrigin({ publishedAt, trace }: Origin): string {
  return trace === undefined ? `${publishedAt}` : `${publishedAt} ${trace}`;
}

/** Returns the origin of {@link encodeOrigin}'s text; undefined where there is none. */
export function decodeOrigin(text: string | undefined): Origin | undefined {
  if (!text) return undefined;
  const [publishedAt, trace] = text.split(' ');
  return { publishedAt: Number(publishedAt), ...(trace ? { trace } : {}) };
}
