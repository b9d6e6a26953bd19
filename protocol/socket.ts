// gateway ◀─▶ client: the messages of `WS /v1/ws`.
import { z } from 'zod';
import { EVENT_TYPES, StreamEvent } from './event.ts';
import { StreamId } from './stream.ts';

export { SOCKET_PROTOCOL, TOKEN_PROTOCOL } from './subprotocol.ts';

export const Subscribe = z.strictObject({
  type: z.literal('subscribe'),
  stream: StreamId,
  after: z
    .int()
    .min(0)
    .default(0)
    .describe('Everything with a greater seq is replayed, then live events follow.'),
  types: z.array(z.enum(EVENT_TYPES)).min(1).optional().describe('Only these; all otherwise.'),
});
export type Subscribe = z.infer<typeof Subscribe>;
export const Unsubscribe = z.strictObject({ type: z.literal('unsubscribe'), stream: StreamId });
export const Ping = z.strictObject({ type: z.literal('ping'), id: z.string().max(64).optional() });

export const Authenticate = z
  .strictObject({ type: z.literal('authenticate'), token: z.string().min(1).max(8192) })
  .describe(
    'Who opened the socket without a token sends it first, within 5 s; later, a newer token of the same owner in place of one that is about to expire.',
  );

export const ClientMessage = z.discriminatedUnion('type', [Subscribe, Unsubscribe, Ping, Authenticate]);
export type ClientMessage = z.infer<typeof ClientMessage>;

export const Subscribed = z.strictObject({
  type: z.literal('subscribed'),
  stream: StreamId,
  seq: z.int().min(0).describe('Of the newest event when the subscription began: up to there it is history.'),
});
export const Unsubscribed = z.strictObject({ type: z.literal('unsubscribed'), stream: StreamId });
export const Pong = z.strictObject({ type: z.literal('pong'), id: z.string().optional() });
export const Authenticated = z.strictObject({
  type: z.literal('authenticated'),
  expiresAt: z.iso.datetime().nullable().describe('When the socket is closed unless a newer token came.'),
});
export const SocketError = z.strictObject({
  type: z.literal('error'),
  code: z.string(),
  message: z.string(),
  retry: z.boolean().optional().describe('Whether the same request may succeed later.'),
  stream: StreamId.optional(),
});

export const ControlMessage = z.discriminatedUnion('type', [
  Subscribed,
  Unsubscribed,
  Pong,
  Authenticated,
  SocketError,
]);
export type ControlMessage = z.infer<typeof ControlMessage>;
export const ServerMessage = z.union([ControlMessage, StreamEvent]);
export type ServerMessage = z.infer<typeof ServerMessage>;
