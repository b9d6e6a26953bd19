// The names of everything that lies in Redis.

/** Names of the Redis keys and BullMQ queues under one prefix. Tests use a random prefix, production uses `vc`. */
export interface Keyspace {
  readonly prefix: string;
  /** Hash: the stream's record. */
  stream(id: string): string;
  /** String: the current label set as JSON. */
  labels(id: string): string;
  /** String, binary: the pixels of one window, uint8 `[n, S, S, 3]`. */
  frames(id: string, seq: number): string;
  /** Hash: window seq to media times and float16 `[n, D]`. */
  embeddings(id: string): string;
  /** Hash: `cursor` (the next window to score) and the timeline's `state`. */
  timeline(id: string): string;
  /** String, binary: the newest sampled frame of a live stream, uint8 `[S, S, 3]`. */
  preview(id: string): string;
  /** Redis Stream with ids `<seq>-0`: the event log. */
  events(id: string): string;
  /** Sorted set: stream id by creation time in epoch milliseconds. */
  readonly streams: string;
  /** Hash: stream id to when it was admitted and the frames per second it was granted: `<epoch ms>:<fps>`. */
  readonly admitted: string;
  /** Hash: model id to what live workers serve. */
  readonly models: string;
  /** String: the answer to one question about the past. */
  reply(askId: string): string;
  /** BullMQ key prefix; in braces so that all queues share one cluster slot. */
  readonly queuePrefix: string;
  /** BullMQ queue with one job per stream: the lease of the ingest that runs it. */
  readonly streamsQueue: string;
  /** BullMQ queue of the windows for one model: those of live streams have a lane of their own beside those of files. */
  windowsQueue(model: string, mode?: 'file' | 'live'): string;
  /** BullMQ queue of the questions about the past for one model. */
  asksQueue(model: string): string;
}

/**
 * No key of a stream is without an expiry: one that nobody has written to for this long is forgotten, 7 days. A finished
 * stream goes after the retention time.
 */
export const IDLE_EXPIRY_SECONDS = 604_800;

/** Returns the {@link Keyspace} under `prefix`. The stream id is in braces: one stream sits in one cluster slot. */
export function createKeyspace(prefix = 'vc'): Keyspace {
  const of = (id: string, name: string) => `${prefix}:{${id}}:${name}`;
  return {
    prefix,
    stream: (id) => of(id, 'stream'),
    labels: (id) => of(id, 'labels'),
    frames: (id, seq) => of(id, `frames:${seq}`),
    embeddings: (id) => of(id, 'embeddings'),
    timeline: (id) => of(id, 'timeline'),
    preview: (id) => of(id, 'preview'),
    events: (id) => of(id, 'events'),
    streams: `${prefix}:streams`,
    admitted: `${prefix}:admitted`,
    models: `${prefix}:models`,
    reply: (askId) => `${prefix}:reply:${askId}`,
    queuePrefix: `{${prefix}}`,
    streamsQueue: 'streams',
    windowsQueue: (model, mode = 'file') => (mode === 'live' ? `windows-live.${model}` : `windows.${model}`),
    asksQueue: (model) => `asks.${model}`,
  };
}
