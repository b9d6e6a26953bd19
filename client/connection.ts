// One WebSocket to the gateway, as a queue of messages.
import type { ServerMessage } from '../protocol/socket.ts';
import { SOCKET_PROTOCOL, TOKEN_PROTOCOL } from '../protocol/subprotocol.ts';

/** The part of a WebSocket that the client needs: the browser's, Node 22's, or the one of the package `ws`. */
export interface WebSocketLike {
  send(data: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void;
  addEventListener(type: 'error', listener: (event: unknown) => void): void;
}
export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

/** Messages that wait for a slow reader before the socket is given up; the reader resumes from its last seq. */
const INBOX_MAX = 2_048;
/** Silence after which a ping is sent, and after twice of which the connection counts as dead. */
const SILENCE_MS = 15_000;

export interface Connection {
  /** Returns the next message, or why there is none. Messages that came before the close are given out first. */
  next(): Promise<ServerMessage | Closed>;
  close(): void;
}

/** Why a connection is over. `overrun`: this side read too slowly and gave it up. */
export interface Closed {
  type: 'closed';
  code: number;
  reason: string;
  overrun: boolean;
}

/** Opens a socket and sends `first` when it is open. Never throws: a failure is what `next` returns. */
export function openConnection({
  url,
  token,
  WebSocket,
  first,
}: {
  url: string;
  token?: string | undefined;
  WebSocket: WebSocketConstructor;
  first: string;
}): Connection {
  const inbox: ServerMessage[] = [];
  let closed: Closed | undefined;
  let wake = () => {};
  let open = false;
  let silentChecks = 0;

  const protocols = token === undefined ? [SOCKET_PROTOCOL] : [SOCKET_PROTOCOL, TOKEN_PROTOCOL + token];
  const socket = new WebSocket(url, protocols);
  const finish = (code: number, reason: string, overrun = false) => {
    if (closed) return;
    closed = { type: 'closed', code, reason, overrun };
    clearInterval(heartbeat);
    socket.close();
    wake();
  };
  const heartbeat = setInterval(() => {
    silentChecks += 1;
    if (silentChecks > 2) finish(1006, 'The gateway fell silent.');
    else if (silentChecks > 1 && open) socket.send('{"type":"ping"}');
  }, SILENCE_MS);

  socket.addEventListener('open', () => {
    if (closed) return;
    open = true;
    socket.send(first);
  });
  socket.addEventListener('message', ({ data }) => {
    if (closed) return;
    silentChecks = 0;
    try {
      inbox.push(JSON.parse(String(data)));
    } catch {
      return finish(1007, 'Expected JSON.');
    }
    if (inbox.length >= INBOX_MAX) finish(1000, 'The reader is slow.', true);
    wake();
  });
  socket.addEventListener('close', ({ code, reason }) => finish(code, reason));
  // Every error is followed by a close; browsers tell nothing here.
  socket.addEventListener('error', () => {});

  return {
    async next() {
      while (inbox.length === 0 && !closed) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return inbox.shift() ?? closed ?? never();
    },
    close: () => finish(1000, ''),
  };
}

function never(): never {
  throw new Error('A connection without messages is either open or closed.');
}
