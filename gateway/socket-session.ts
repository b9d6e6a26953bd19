// One WebSocket: its messages, its subscriptions, and how much it is allowed to keep waiting.
import type { WebSocket } from 'ws';
import { ClientMessage, type ControlMessage, type Subscribe } from '../protocol/socket.ts';
import { ERRORS, type ErrorCode, PipelineError, toPipelineError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import { OPEN_GATE, type SocketGate } from './auth-socket.ts';
import type { DeliveryWitness } from './delivery-witness.ts';
import type { Feed, Subscription } from './feed.ts';
import type { FeedEntry } from './feed-tail.ts';
import type { SocketMetrics } from './socket-metrics.ts';
import { createThrottle } from './throttle.ts';
import { summarizeFaults, toFaults } from './validation.ts';

/** What may wait for a client. */
export const BUFFER_LIMITS = {
  /** Bytes that may wait for a client before it is cut. */
  maxBytes: 2 ** 20,
  /** Bytes that may wait before no more history is sent to it. */
  lowBytes: 2 ** 18,
  /** A client whose buffer does not shrink for this long while history waits is cut too. */
  stallMs: 10_000,
};
const DRAIN_CHECK_MS = 250;
const SUBSCRIPTIONS_MAX = 64;
/** Messages read but not answered yet; each may wait for Redis. */
const PENDING_MAX = 256;
/** A close frame waits behind everything else that is buffered; who does not read it either is dropped. */
const CLOSE_PATIENCE_MS = 10_000;

export interface Session {
  /** Ends the socket with the WebSocket close code of `code`. */
  close(code: ErrorCode): void;
  /** Ends the socket when its token was taken back. */
  check(): void;
}

/** Serves one open socket until it closes. */
export function openSession({
  socket,
  feed,
  metrics,
  witness,
  messagesPerSecond,
  log,
  limits = BUFFER_LIMITS,
  gate = OPEN_GATE,
  token,
}: {
  socket: WebSocket;
  feed: Feed;
  metrics: SocketMetrics;
  witness?: DeliveryWitness;
  messagesPerSecond: number;
  log: Logger;
  limits?: typeof BUFFER_LIMITS;
  gate?: SocketGate;
  /** The token that came as a subprotocol, and is to be checked before anything else. */
  token?: string | undefined;
}): Session {
  const subscriptions = new Map<string, Subscription>();
  const throttle = createThrottle(messagesPerSecond);
  let pending = 0;
  let last = Promise.resolve();

  const close = (code: ErrorCode) => {
    socket.close(ERRORS[code].wsClose, code);
    dropAll();
    setTimeout(() => socket.terminate(), CLOSE_PATIENCE_MS).unref();
  };
  const dropAll = () => {
    for (const stream of [...subscriptions.keys()]) drop(stream);
  };
  const drop = (stream: string) => {
    const subscription = subscriptions.get(stream);
    if (!subscription) return;
    subscriptions.delete(stream);
    metrics.subscriptions.dec();
    subscription.close();
  };
  const sendText = (text: string) => {
    if (socket.readyState !== socket.OPEN) return;
    socket.send(text);
    if (socket.bufferedAmount <= limits.maxBytes) return;
    metrics.slowClients.inc();
    close('E_SLOW_CLIENT');
  };
  const send = (message: ControlMessage) => sendText(JSON.stringify(message));
  const sendError = (error: unknown, stream?: string) => {
    const { code, message, traits } = toPipelineError(error);
    if (code === 'E_INTERNAL') log.error({ err: error, stream }, 'a socket message failed');
    const text = code === 'E_INTERNAL' ? 'A defect of the gateway; its log has the cause.' : message;
    send({ type: 'error', code, message: text, retry: traits.retryable, ...(stream ? { stream } : {}) });
  };

  /** Resolves when little enough waits for the client; cuts one that takes nothing for `stallMs`. */
  const drained = async () => {
    let least = Number.POSITIVE_INFINITY;
    let checks = 0;
    while (socket.readyState === socket.OPEN && socket.bufferedAmount > limits.lowBytes) {
      if (socket.bufferedAmount < least) {
        least = socket.bufferedAmount;
        checks = 0;
      }
      checks += 1;
      if (checks * DRAIN_CHECK_MS > limits.stallMs) {
        metrics.slowClients.inc();
        return close('E_SLOW_CLIENT');
      }
      await new Promise((resolve) => setTimeout(resolve, DRAIN_CHECK_MS));
    }
  };

  const pump = async (subscription: Subscription, types: ReadonlySet<string> | undefined) => {
    const { stream } = subscription;
    const isCurrent = () => subscriptions.get(stream) === subscription;
    try {
      for (let batch = await subscription.next(); batch; batch = await subscription.next()) {
        for (const entry of batch.entries) {
          if (types && !types.has(entry.type) && !isTrimmedGap(entry)) continue;
          // What comes now is sent now; history is sent as fast as the client takes it.
          if (!batch.live) await drained();
          if (!isCurrent()) return;
          sendText(entry.text);
          metrics.eventsSent.inc();
          if (entry.seq > subscription.seq) witness?.(stream, entry);
        }
      }
      if (isCurrent()) send({ type: 'unsubscribed', stream });
    } catch (error) {
      if (isCurrent()) sendError(error, stream);
    }
    if (isCurrent()) drop(stream);
  };

  /** Tells why, and ends the socket. */
  const fail = (error: unknown) => {
    sendError(error);
    close(toPipelineError(error).code);
  };

  const subscribe = async ({ stream, after, types }: Subscribe) => {
    await gate.admit(stream);
    drop(stream);
    if (subscriptions.size >= SUBSCRIPTIONS_MAX) {
      throw new PipelineError(
        'E_TOO_MANY_REQUESTS',
        `One socket has at most ${SUBSCRIPTIONS_MAX} subscriptions; unsubscribe or open another.`,
      );
    }
    const subscription = await feed.subscribe(stream, after);
    if (socket.readyState !== socket.OPEN) return subscription.close();
    subscriptions.set(stream, subscription);
    metrics.subscriptions.inc();
    if (after < subscription.seq) metrics.replays.inc();
    send({ type: 'subscribed', stream, seq: subscription.seq });
    pump(subscription, types && new Set(types));
  };

  const handle = async (text: string) => {
    let stream: string | undefined;
    try {
      const message = parseMessage(text);
      if (message.type === 'ping') return send({ ...message, type: 'pong' });
      if (message.type === 'authenticate') {
        return await gate.authenticate(message.token).then(send, fail);
      }
      stream = message.stream;
      if (message.type === 'subscribe') return await subscribe(message);
      drop(stream);
      send({ type: 'unsubscribed', stream });
    } catch (error) {
      sendError(error, stream);
      // Who may not ask without a token is not asked again to send one.
      if (toPipelineError(error).code === 'E_UNAUTHORIZED') close('E_UNAUTHORIZED');
    }
  };

  gate.watch(fail);
  // Messages wait for it: see below.
  if (token !== undefined) last = gate.authenticate(token).then(() => undefined, fail);

  socket.on('message', (data, isBinary) => {
    if (socket.readyState !== socket.OPEN) return;
    if (!throttle.take() || pending >= PENDING_MAX) return close('E_TOO_MANY_REQUESTS');
    pending += 1;
    // In order: an `unsubscribe` must not overtake the `subscribe` before it, which waits for Redis.
    const text = isBinary ? '' : String(data);
    last = last
      .then(() => handle(text))
      .finally(() => {
        pending -= 1;
      });
  });
  socket.on('close', dropAll);
  return { close, check: gate.check };
}

function isTrimmedGap({ type, text }: FeedEntry): boolean {
  return type === 'gap' && text.includes('"reason":"trimmed"');
}

function parseMessage(text: string): ClientMessage {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new PipelineError('E_BAD_REQUEST', 'Expected a text message with JSON in it.');
  }
  const result = ClientMessage.safeParse(json);
  if (result.success) return result.data;
  throw new PipelineError('E_BAD_REQUEST', summarizeFaults(toFaults(result.error.issues)));
}
