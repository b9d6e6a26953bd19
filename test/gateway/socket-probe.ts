// A bare WebSocket with everything that came over it, for tests of the protocol itself.
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { ServerMessage } from '../../protocol/socket.ts';
import { eventually } from '../support/eventually.ts';

export interface SocketProbe {
  readonly socket: WebSocket;
  /** Every message, in order; each has been checked against the protocol's schema. */
  readonly messages: ServerMessage[];
  /** Resolves with the close code and reason. */
  readonly closed: Promise<{ code: number; reason: string }>;
  send(message: unknown): void;
  /** Resolves with the first message of this type from position `from` on. */
  message<T extends ServerMessage['type']>(
    type: T,
    from?: number,
  ): Promise<Extract<ServerMessage, { type: T }>>;
  /** The seqs of a stream's events so far. */
  seqs(stream?: string): number[];
}

/** Opens a socket to `/v1/ws` of the gateway at `url`. */
export async function openProbe(url: string, options: object = {}): Promise<SocketProbe> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/ws`, options);
  const messages: ServerMessage[] = [];
  socket.on('message', (data) => messages.push(ServerMessage.parse(JSON.parse(String(data)))));
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: String(reason) }));
  });
  await once(socket, 'open');
  socket.on('error', () => undefined);
  return {
    socket,
    messages,
    closed,
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    async message(type, from = 0) {
      const isOfType = (message: ServerMessage) => message.type === type;
      const found = await eventually(`a message of type ${type}`, () => messages.slice(from).find(isOfType));
      return found as Extract<ServerMessage, { type: typeof type }>;
    },
    seqs: (stream) =>
      messages.flatMap((message) =>
        'seq' in message && 'v' in message && (!stream || message.stream === stream) ? [message.seq] : [],
      ),
  };
}

/** Tries to open a socket and returns the HTTP answer that refuses it. */
export async function refusal(
  url: string,
  { path = '/v1/ws', headers = {} }: { path?: string; headers?: Record<string, string> } = {},
): Promise<{ status: number | undefined; body: unknown }> {
  const socket = new WebSocket(url.replace('http', 'ws') + path, { headers });
  socket.on('error', () => undefined);
  const [request, response] = await once(socket, 'unexpected-response');
  let text = '';
  for await (const chunk of response) text += chunk;
  request.destroy();
  return { status: response.statusCode, body: JSON.parse(text) };
}
