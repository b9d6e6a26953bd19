// client ◀═══ WebSocket ═══▶ gateway: who may open one, heartbeats, and the end.
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { SOCKET_PROTOCOL } from '../protocol/socket.ts';
import { PipelineError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { Service } from '../runtime/shutdown.ts';
import { NO_TRACING, type Tracing } from '../runtime/tracing.ts';
import { OPEN_GATES, type SocketGate, type SocketGates } from './auth-socket.ts';
import type { GatewayConfig } from './config.ts';
import { witnessDeliveries } from './delivery-witness.ts';
import type { Feed } from './feed.ts';
import { checkOrigin } from './origin.ts';
import { toProblem } from './problem.ts';
import { createSocketMetrics } from './socket-metrics.ts';
import { openSession, type Session } from './socket-session.ts';

const PATH = '/v1/ws';
const MESSAGE_MAX_BYTES = 2 ** 16;
/** A client message is a hundred bytes; nobody needs to send it in pieces, let alone in thousands. */
const FRAGMENTS_MAX = 16;
const HEARTBEAT_MS = 15_000;
const CLOSE_DEADLINE_MS = 2_500;

/** Serves WebSockets on the `upgrade`s of `server`. */
export function serveSockets({
  server,
  feed,
  config,
  metrics: registry,
  log,
  heartbeatMs = HEARTBEAT_MS,
  gates = OPEN_GATES,
  tracing = NO_TRACING,
}: {
  server: Server;
  feed: Feed;
  config: GatewayConfig;
  metrics: Metrics;
  log: Logger;
  heartbeatMs?: number;
  gates?: SocketGates;
  tracing?: Tracing;
}): Service {
  const metrics = createSocketMetrics(registry);
  const witness = witnessDeliveries({ tracing, latency: metrics.labelLatencySeconds });
  const sessions = new Map<WebSocket, Session>();
  const alive = new WeakSet<WebSocket>();
  const perAddress = new Map<string, number>();
  let closing = false;
  const wss = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MESSAGE_MAX_BYTES,
    maxFragments: FRAGMENTS_MAX,
    maxBufferedChunks: 1_024,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(SOCKET_PROTOCOL) ? SOCKET_PROTOCOL : false),
  });

  const admit = (request: IncomingMessage, address: string) => {
    if (closing) throw new PipelineError('E_SHUTTING_DOWN', 'The gateway is shutting down.');
    if (request.url?.split('?')[0] !== PATH) {
      throw new PipelineError('E_NOT_FOUND', `The only WebSocket here is ${PATH}.`);
    }
    checkOrigin(request.headers, config.ALLOWED_ORIGINS, { anyHost: gates.isOn });
    if ((perAddress.get(address) ?? 0) >= config.SOCKETS_PER_ADDRESS) {
      throw new PipelineError(
        'E_TOO_MANY_REQUESTS',
        `There are ${config.SOCKETS_PER_ADDRESS} sockets from this address already (SOCKETS_PER_ADDRESS).`,
      );
    }
  };

  const occupy = (stream: Duplex, address: string) => {
    perAddress.set(address, (perAddress.get(address) ?? 0) + 1);
    stream.once('close', () => {
      const left = (perAddress.get(address) ?? 1) - 1;
      if (left === 0) perAddress.delete(address);
      else perAddress.set(address, left);
    });
  };

  const onUpgrade = async (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    const address = gates.addressOf(request);
    stream.on('error', () => stream.destroy());
    try {
      admit(request, address);
      occupy(stream, address);
      const { gate, token } = await gates.open(request, address);
      if (stream.destroyed) return gate.close();
      stream.once('close', gate.close);
      if (closing) throw new PipelineError('E_SHUTTING_DOWN', 'The gateway is shutting down.');
      wss.handleUpgrade(request, stream, head, (socket) => onOpen(socket, gate, token));
    } catch (error) {
      const { code } = refuse(stream, error);
      metrics.refused.inc({ code });
    }
  };

  const onOpen = (socket: WebSocket, gate: SocketGate, token: string | undefined) => {
    metrics.sockets.inc();
    alive.add(socket);
    const session = openSession({
      socket,
      feed,
      metrics,
      witness,
      messagesPerSecond: config.SOCKET_MESSAGES_PER_SECOND,
      log,
      gate,
      token,
    });
    sessions.set(socket, session);
    socket.on('pong', () => alive.add(socket));
    socket.on('message', () => alive.add(socket));
    socket.on('error', (error) => log.debug({ cause: error.message }, 'a socket failed'));
    socket.once('close', () => {
      sessions.delete(socket);
      metrics.sockets.dec();
    });
  };

  const heartbeat = setInterval(() => {
    for (const [socket, session] of sessions) {
      session.check();
      if (!alive.delete(socket)) socket.terminate();
      else socket.ping();
    }
  }, heartbeatMs);

  server.on('upgrade', onUpgrade);
  return {
    async close() {
      closing = true;
      clearInterval(heartbeat);
      const open = [...sessions];
      const closed = open.map(([socket]) => new Promise((resolve) => socket.once('close', resolve)));
      for (const [, session] of open) session.close('E_SHUTTING_DOWN');
      const deadline = new Promise((resolve) => setTimeout(resolve, CLOSE_DEADLINE_MS).unref());
      await Promise.race([Promise.all(closed), deadline]);
      for (const [socket] of open) socket.terminate();
      server.off('upgrade', onUpgrade);
    },
  };
}

/** Answers an upgrade with an HTTP problem. */
function refuse(stream: Duplex, error: unknown) {
  const problem = toProblem(error);
  const body = JSON.stringify(problem);
  // Not left half open: the peer may never close its side.
  stream.once('finish', () => stream.destroy());
  stream.end(
    [
      `HTTP/1.1 ${problem.status} ${problem.code}`,
      'Connection: close',
      'Content-Type: application/problem+json',
      ...(problem.status === 401 ? ['WWW-Authenticate: Bearer realm="verbcast"'] : []),
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
  );
  return problem;
}
