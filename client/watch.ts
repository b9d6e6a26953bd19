// A stream's events as an async iterator that outlives its connections.
import type { EventType, StreamEvent } from '../protocol/event.ts';
import { type Closed, openConnection, type WebSocketConstructor } from './connection.ts';
import { VerbcastError } from './error.ts';
import { pause } from './pause.ts';
import { type TokenSource, tokenOf } from './token.ts';

const BACKOFF_FIRST_MS = 250;
const BACKOFF_MAX_MS = 10_000;
/** The close code of a refusal: trying again would be refused again. */
const POLICY_VIOLATION = 1008;
const FINAL = new Set(['ended', 'failed', 'cancelled']);

export interface WatchOptions {
  /** Only events with a greater seq; 0, the default, replays all. */
  after?: number | undefined;
  /** Only these types. A `gap` with reason `trimmed` comes in any case: it tells that events of these types are missing. */
  types?: readonly EventType[] | undefined;
  signal?: AbortSignal | undefined;
  /** Told as connections come and go; `retryInMs` is the wait before the next try. */
  onConnection?: (state: { connected: true } | { connected: false; retryInMs: number }) => void;
}

/**
 * Yields the events of a stream in order of their seq, each once: first what is in the log, then as they happen. When the
 * connection breaks it connects again, with exponential backoff and jitter, and resumes behind the last event it yielded.
 * Ends after the stream's final status. Leaving the loop closes the socket.
 * @throws VerbcastError when the gateway refuses for good (no such stream, not allowed); the signal's reason when aborted.
 */
export async function* watchStream(
  stream: string,
  {
    after = 0,
    types,
    signal,
    onConnection,
    url,
    token,
    WebSocket,
  }: WatchOptions & { url: string; token?: TokenSource | undefined; WebSocket: WebSocketConstructor },
): AsyncGenerator<StreamEvent, void, undefined> {
  const wanted = types && new Set<EventType>(types);
  let last = after;
  for (let attempt = 0; ; attempt += 1) {
    signal?.throwIfAborted();
    const connection = openConnection({
      url,
      token: await tokenOf(token),
      WebSocket,
      first: subscription(stream, last, types),
    });
    // One that worked and does no more has expired; where it came from there may be a newer one.
    let mayRenew = false;
    signal?.addEventListener('abort', connection.close);
    let closed: Closed | undefined;
    try {
      while (!closed) {
        const message = await connection.next();
        signal?.throwIfAborted();
        if (message.type === 'closed') closed = message;
        else if (message.type === 'subscribed') {
          attempt = 0;
          mayRenew = typeof token === 'function';
          onConnection?.({ connected: true });
        } else if (message.type === 'unsubscribed') return;
        else if (message.type === 'error') {
          const isRenewal = mayRenew && message.code === 'E_UNAUTHORIZED';
          if (!message.retry && !isRenewal)
            throw new VerbcastError({ code: message.code, detail: message.message });
          connection.close();
        } else if ('seq' in message && message.seq > last) {
          last = message.seq;
          if (isWanted(message, wanted)) yield message;
          if (message.type === 'stream.status' && FINAL.has(message.status)) return;
        }
      }
    } finally {
      signal?.removeEventListener('abort', connection.close);
      connection.close();
    }
    if (closed.code === POLICY_VIOLATION && !(mayRenew && closed.reason === 'E_UNAUTHORIZED')) {
      throw new VerbcastError({
        code: closed.reason || 'E_BAD_REQUEST',
        detail: 'The gateway refused the socket.',
      });
    }
    if (closed.overrun) {
      attempt = -1;
      continue;
    }
    const retryInMs = Math.random() * Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** attempt);
    onConnection?.({ connected: false, retryInMs });
    await pause(retryInMs, signal);
  }
}

function subscription(stream: string, after: number, types: readonly EventType[] | undefined): string {
  // The end is always subscribed to: without it the iterator would not know when to stop.
  const all = types && [...new Set<EventType>([...types, 'stream.status'])];
  return JSON.stringify({ type: 'subscribe', stream, after, types: all });
}

function isWanted(event: StreamEvent, wanted: ReadonlySet<EventType> | undefined): boolean {
  return !wanted || wanted.has(event.type) || (event.type === 'gap' && event.reason === 'trimmed');
}
