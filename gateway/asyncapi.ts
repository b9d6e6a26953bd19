// The AsyncAPI document of the WebSocket, made from the protocol's schemas.
import { stringify } from 'yaml';
import { z } from 'zod';
import { ActionEvent, GapEvent, LabelsEvent, ScoresEvent, StatusEvent } from '../protocol/event.ts';
import {
  Authenticate,
  Authenticated,
  Ping,
  Pong,
  SOCKET_PROTOCOL,
  SocketError,
  Subscribe,
  Subscribed,
  Unsubscribe,
  Unsubscribed,
} from '../protocol/socket.ts';

const DESCRIPTION = `Live labels of Verbcast. One socket carries many subscriptions; every message is one JSON text.

A subscription replays what is in the stream's event log behind \`after\`, and goes on with what comes: each event exactly
once and in the order of \`seq\`. To resume after a lost connection, subscribe again with \`after\` set to the last \`seq\`
that came, on this gateway or another. When the stream has its final status and all events are sent, \`unsubscribed\`
follows. Subscribing to a stream again replaces the subscription; the new one begins with its \`subscribed\`.
When a part of the history that was asked for is no longer kept, a \`gap\` with reason \`trimmed\` comes first, whatever
\`types\` says.

Where the gateway asks for tokens, one comes in one of three ways, and never in the address: as \`Authorization: Bearer …\`;
as a second subprotocol \`bearer.<token>\` beside \`verbcast.v1\`, which is what browsers can do; or as a first message
\`authenticate\`, within 5 s. It needs the scope \`subscribe\`. A token that is not accepted, expires or is taken back ends the
socket with an \`error\` and close code 1008; a newer one of the same owner may come before that, by \`authenticate\`. Streams
of other owners answer as those that do not exist.

Limits: a message has at most 64 KiB and 16 fragments; a socket has at most 64 subscriptions; sockets per address,
sockets per token and messages per second are set by the operator. The gateway pings every 15 s and drops a peer that has not answered by the
next ping. A client that does not read is closed with 4008 when 1 MiB waits for it, or when nothing moved for 10 s in the middle of history.

Close codes: 1008 refused (the reason is an error code), 1009 message too large, 1012 the gateway restarts, 1013 too many
messages, 4008 too slow. After 1012, 1013, 4008 or a lost connection, connect again and resume.`;

type Direction = 'input' | 'output';

// Name of the message, its schema, and whether a client (`input`) or the gateway (`output`) sends it.
const MESSAGES: [name: string, schema: z.ZodType, direction: Direction, summary: string, example: object][] =
  [
    [
      'subscribe',
      Subscribe,
      'input',
      'Replay a stream, then go on live.',
      { type: 'subscribe', stream: 'st_4k2m9x0q1w8e7r6t5y3u', after: 0 },
    ],
    [
      'unsubscribe',
      Unsubscribe,
      'input',
      'Get no more of a stream.',
      { type: 'unsubscribe', stream: 'st_4k2m9x0q1w8e7r6t5y3u' },
    ],
    [
      'authenticate',
      Authenticate,
      'input',
      'Show a token, or a newer one in its place.',
      { type: 'authenticate', token: 'vbt_…' },
    ],
    ['ping', Ping, 'input', 'Ask whether the gateway is there.', { type: 'ping', id: '1' }],
    [
      'subscribed',
      Subscribed,
      'output',
      'The subscription begins; events up to `seq` are history.',
      { type: 'subscribed', stream: 'st_4k2m9x0q1w8e7r6t5y3u', seq: 9 },
    ],
    [
      'unsubscribed',
      Unsubscribed,
      'output',
      'Nothing more comes of this stream: it was asked for, or the stream is over.',
      { type: 'unsubscribed', stream: 'st_4k2m9x0q1w8e7r6t5y3u' },
    ],
    [
      'authenticated',
      Authenticated,
      'output',
      'The answer to `authenticate`.',
      { type: 'authenticated', expiresAt: '2026-01-01T00:00:00.000Z' },
    ],
    ['pong', Pong, 'output', 'The answer to `ping`.', { type: 'pong', id: '1' }],
    [
      'error',
      SocketError,
      'output',
      'A message could not be followed, or a subscription failed.',
      { type: 'error', code: 'E_STREAM_NOT_FOUND', message: 'There is no stream st_00000000.', retry: false },
    ],
    [
      'streamStatus',
      StatusEvent,
      'output',
      'The stream has another status.',
      { ...head(1, 0), type: 'stream.status', status: 'queued' },
    ],
    [
      'labelsChanged',
      LabelsEvent,
      'output',
      'The label set was replaced.',
      { ...head(4, 2), type: 'labels.changed', labelsVersion: 2, labels: ['playing guitar'] },
    ],
    [
      'scores',
      ScoresEvent,
      'output',
      'The scores of one window.',
      {
        ...head(5, 4),
        type: 'scores',
        labelsVersion: 2,
        frames: [{ media: 4, top: [{ label: 'playing guitar', score: 0.81 }], background: 0.1 }],
      },
    ],
    [
      'action',
      ActionEvent,
      'output',
      'An action started, got a new peak, or ended.',
      {
        ...head(9, 4),
        type: 'action.started',
        action: { id: 'ac_1', label: 'playing guitar', start: 1.5, score: 0.81, peak: 0.81 },
      },
    ],
    [
      'gap',
      GapEvent,
      'output',
      'Something is missing here.',
      { ...head(12, 8), type: 'gap', from: 6, to: 8, windows: 4, reason: 'overload' },
    ],
  ];

function head(seq: number, media: number) {
  return { v: 1, seq, stream: 'st_4k2m9x0q1w8e7r6t5y3u', media };
}

function payload(schema: z.ZodType, io: Direction): object {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { target: 'draft-7', io });
  return json;
}

function operation(action: 'send' | 'receive', direction: Direction, summary: string): object {
  const names = MESSAGES.filter(([, , sentBy]) => sentBy === direction).map(([name]) => name);
  return {
    action,
    channel: { $ref: '#/channels/socket' },
    summary,
    messages: names.map((name) => ({ $ref: `#/channels/socket/messages/${name}` })),
  };
}

/** Returns the text of `docs/asyncapi.yaml`. */
export function asyncapiDocument(): string {
  const messages = MESSAGES.map(([name, schema, direction, summary, example]) => [
    name,
    { name, summary, payload: payload(schema, direction), examples: [{ payload: example }] },
  ]);
  const document = {
    asyncapi: '3.0.0',
    info: {
      title: 'Verbcast WebSocket',
      version: '1.0.0',
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      local: { host: '127.0.0.1:8787', protocol: 'ws', description: 'The default of `verbcast up`.' },
    },
    channels: {
      socket: {
        address: '/v1/ws',
        description: `The subprotocol \`${SOCKET_PROTOCOL}\` may be offered.`,
        messages: Object.fromEntries(
          messages.map(([name]) => [name, { $ref: `#/components/messages/${name}` }]),
        ),
      },
    },
    operations: {
      follow: operation('receive', 'input', 'What the gateway takes.'),
      tell: operation('send', 'output', 'What the gateway sends.'),
    },
    components: { messages: Object.fromEntries(messages) },
  };
  return `# The WebSocket of Verbcast. Made from protocol/ by gateway/asyncapi.ts; a test holds it to that.\n${stringify(document, { lineWidth: 110, aliasDuplicateObjects: false, blockQuote: 'literal' })}`;
}
