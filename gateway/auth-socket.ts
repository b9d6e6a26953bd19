// client ═══ WebSocket ═══▶ gateway: who is behind a socket, from its opening to its end.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { z } from 'zod';
import type { Authenticated } from '../protocol/socket.ts';
import { TOKEN_PROTOCOL } from '../protocol/subprotocol.ts';
import { PipelineError } from '../runtime/errors.ts';
import type { Authenticator } from './auth.ts';
import { clientAddress } from './auth-address.ts';
import { type Identity, requireScope, TokenRefused } from './auth-identity.ts';
import { requireOwnStream } from './auth-ownership.ts';
import { bearerToken } from './auth-routes.ts';
import { createSeats, type SocketSeats } from './auth-seats.ts';
import type { GatewayConfig } from './config.ts';
import type { StreamHome } from './stream-creation.ts';

/** Who opens a socket without a token sends it within this time. */
const LOGIN_MS = 5_000;
/** `setTimeout` takes no more than 24 days; longer waits are made of steps. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** How a token came with the request for a socket. */
export type OfferedToken = { readonly token: string; readonly by: 'header' | 'subprotocol' };

/** Returns the token of the `Authorization` header, or the one that a browser offers as a subprotocol. */
export function offeredToken(headers: IncomingHttpHeaders): OfferedToken | undefined {
  const token = bearerToken({ headers });
  if (token !== undefined) return { token, by: 'header' };
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  const found = offered.find((name) => name.startsWith(TOKEN_PROTOCOL));
  return found === undefined ? undefined : { token: found.slice(TOKEN_PROTOCOL.length), by: 'subprotocol' };
}

export interface SocketGate {
  /**
   * Lets the owner of `token` in, or goes on with a newer token of the same owner.
   * @throws E_UNAUTHORIZED, E_FORBIDDEN, E_TOO_MANY_REQUESTS, E_AUTH_UNAVAILABLE; the socket is to be closed then.
   */
  authenticate(token: string): Promise<z.infer<typeof Authenticated>>;
  /** Checks that the socket may watch `stream`. @throws E_UNAUTHORIZED, E_FORBIDDEN, E_STREAM_NOT_FOUND */
  admit(stream: string): Promise<void>;
  /** Calls `onEnd`, once: when nobody has come in time, when the token expires. */
  watch(onEnd: (error: PipelineError) => void): void;
  /** Calls `onEnd` too when the token was taken back; asked with every heartbeat. */
  check(): void;
  close(): void;
}

/** The gate of a gateway without authentication. */
export const OPEN_GATE: SocketGate = {
  authenticate: async () => ({ type: 'authenticated', expiresAt: null }),
  admit: async () => undefined,
  watch: () => undefined,
  check: () => undefined,
  close: () => undefined,
};

/** Who may open sockets on one gateway. */
export interface SocketGates {
  /** Whether tokens are asked for. */
  readonly isOn: boolean;
  addressOf(request: IncomingMessage): string;
  /**
   * Returns the gate of a socket that is about to open. A token of the `Authorization` header is checked first; one that
   * came as a subprotocol is `token`, to be checked by the open socket: browsers do not tell a page why an upgrade was
   * refused, but they do tell why a socket was closed.
   * @throws E_UNAUTHORIZED, E_FORBIDDEN, E_TOO_MANY_REQUESTS, E_AUTH_UNAVAILABLE
   */
  open(request: IncomingMessage, address: string): Promise<{ gate: SocketGate; token?: string }>;
}

/** The gates of a gateway without authentication. */
export const OPEN_GATES: SocketGates = {
  isOn: false,
  addressOf: ({ socket }) => socket.remoteAddress ?? '',
  open: async () => ({ gate: OPEN_GATE }),
};

/** Returns the gates of a gateway. */
export function createGates({
  auth,
  config,
  ...home
}: Pick<StreamHome, 'redis' | 'keys'> & { auth: Authenticator; config: GatewayConfig }): SocketGates {
  const seats = createSeats(config.SOCKETS_PER_TOKEN);
  return {
    isOn: auth.isOn,
    addressOf: (request) => clientAddress(request, auth.trustsProxy),
    async open({ headers }, address) {
      if (!auth.isOn) return { gate: OPEN_GATE };
      const offered = offeredToken(headers);
      const shared = { auth, home, seats, address };
      if (offered?.by === 'header') {
        const identity = await auth.authenticate(offered.token, address);
        return { gate: createGate({ ...shared, identity }) };
      }
      return { gate: createGate(shared), ...(offered ? { token: offered.token } : {}) };
    },
  };
}

/** Returns the gate of one socket; `identity` is known already where the token came as a header. */
function createGate({
  auth,
  home,
  seats,
  address,
  identity: known,
}: {
  auth: Authenticator;
  home: Pick<StreamHome, 'redis' | 'keys'>;
  seats: SocketSeats;
  address: string;
  identity?: Identity | undefined;
}): SocketGate {
  let identity: Identity | undefined;
  let timer: NodeJS.Timeout | undefined;
  let end = (_: PipelineError) => {};
  let closed = false;

  const enter = (next: Identity) => {
    requireScope(next, 'subscribe');
    if (identity && (next.owner !== identity.owner || next.ownOnly !== identity.ownOnly)) {
      throw new PipelineError('E_FORBIDDEN', 'This socket is of another owner: open one of your own.');
    }
    if (next.subject !== identity?.subject) {
      seats.take(next.subject);
      if (identity) seats.release(identity.subject);
    }
    identity = next;
    setTimer();
  };
  const setTimer = () => {
    clearTimeout(timer);
    if (identity && identity.expiresAtMs === undefined) return;
    const waitMs = identity?.expiresAtMs === undefined ? LOGIN_MS : identity.expiresAtMs - Date.now();
    const fire = () => {
      if (waitMs > TIMER_MAX_MS) setTimer();
      else if (identity)
        end(new TokenRefused('expired', 'The token has expired; open a socket with a new one.'));
      else end(new TokenRefused('missing', 'No token came in time.'));
    };
    timer = setTimeout(fire, Math.min(waitMs, TIMER_MAX_MS));
  };

  if (known) enter(known);
  else setTimer();
  return {
    async authenticate(token) {
      const next = await auth.authenticate(token, address);
      if (!closed) enter(next);
      const { expiresAtMs } = next;
      const expiresAt = expiresAtMs === undefined ? null : new Date(expiresAtMs).toISOString();
      return { type: 'authenticated', expiresAt };
    },
    async admit(stream) {
      if (!identity) throw new TokenRefused('missing', 'Send `authenticate` with a token first.');
      await requireOwnStream(home, identity, stream);
    },
    watch(onEnd) {
      end = onEnd;
    },
    check() {
      if (identity?.isRevoked()) end(new TokenRefused('revoked', 'The token was taken back.'));
    },
    close() {
      closed = true;
      clearTimeout(timer);
      if (identity) seats.release(identity.subject);
      identity = undefined;
    },
  };
}
