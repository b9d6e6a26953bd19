// ffmpeg ◀─▶ **relay** ◀─▶ camera: RTSP over one TCP connection, with the media interleaved.
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { PipelineError } from '../runtime/errors.ts';
import { createAuthorizer } from './authorization.ts';
import { isOwnPeer } from './loopback-peer.ts';
import { connectPinned, type NetworkRules } from './pinned-connection.ts';
import type { UrlSource } from './policy.ts';
import type { Relay } from './relay.ts';
import { createRelayFault, statusFault } from './relay-fault.ts';
import { createRtspReader, headerOf, type RtspMessage, writeRtspMessage } from './rtsp-messages.ts';

/** What ffmpeg needs of an answer. The rest, `Location` first, could lead it astray. */
const FORWARDED = /^(public|content-type|content-base|session|transport|rtp-info|range)$/i;
/** Requests that a stream is nothing without. */
const ESSENTIAL = /^(DESCRIBE|SETUP|PLAY)$/;
const PENDING_MAX = 32;

interface Pending {
  readonly cseq: string;
  readonly method: string;
  readonly uri: string;
  readonly request: RtspMessage;
}

/** Connects to the camera and returns the way to it. For one ffmpeg, which may connect once. @throws see openRelay */
export async function openRtspRelay(
  source: UrlSource,
  { rules, idleMs }: { rules: NetworkRules; idleMs: number },
  signal: AbortSignal,
): Promise<Relay> {
  const { host, port, scheme } = source;
  const camera = await connectPinned({ host, port, isTls: scheme === 'rtsps' }, rules, signal);
  const fault = createRelayFault();
  const server = createServer({ pauseOnConnect: true });
  let player: Socket | undefined;
  const close = async () => {
    server.close();
    player?.destroy();
    camera.destroy();
  };
  camera.setTimeout(idleMs, () => {
    fault.set(new PipelineError('E_SOURCE_UNREACHABLE', `The camera was silent for ${idleMs / 1_000} s.`));
    camera.destroy();
  });
  camera.once('close', () => player?.end());
  server.on('connection', async (socket) => {
    socket.on('error', () => undefined);
    if (player || camera.destroyed || !(await isOwnPeer(socket))) return void socket.destroy();
    player = socket;
    server.close();
    try {
      new RtspRelay({ source, camera, player, localPort, fail: fault.set });
    } catch (error) {
      fault.set(error);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const localPort = typeof address === 'object' && address !== null ? address.port : 0;
  fault.signal.addEventListener('abort', () => void close(), { once: true });
  return {
    url: `rtsp://127.0.0.1:${localPort}/source`,
    nature: 'rtsp',
    failed: fault.signal,
    isComplete: false,
    get fault() {
      return fault.error;
    },
    close,
  };
}

interface RtspRelayOptions {
  readonly source: UrlSource;
  readonly camera: Socket;
  readonly player: Socket;
  readonly localPort: number;
  readonly fail: (error: unknown) => void;
}

/** Both directions of one connection. */
class RtspRelay {
  readonly #options: RtspRelayOptions;
  readonly #authorizer: ReturnType<typeof createAuthorizer>;
  /** What ffmpeg calls the source, and what the camera calls it. */
  readonly #names: { readonly local: string; readonly real: string };
  readonly #pending = new Map<string, Pending>();
  #cseq = 0;

  constructor(options: RtspRelayOptions) {
    const { source, camera, player, localPort } = options;
    this.#options = options;
    this.#authorizer = createAuthorizer(source.credentials);
    this.#names = {
      local: `rtsp://127.0.0.1:${localPort}/source`,
      real: `rtsp://${source.host}:${source.port}${source.path}`,
    };
    this.#connect(player, camera, (message) => this.#ask(message));
    this.#connect(camera, player, (message) => this.#hear(message));
    player.once('close', () => camera.end());
  }

  #connect(from: Socket, to: Socket, onMessage: (message: RtspMessage) => void): void {
    const read = createRtspReader();
    from.on('data', (chunk) => {
      try {
        for (const item of read(chunk)) {
          if (item.kind === 'message') onMessage(item);
          else this.#send(from, to, item.bytes);
        }
      } catch (error) {
        this.#options.fail(error);
      }
    });
    from.resume();
  }

  #send(from: Socket, to: Socket, bytes: Buffer): void {
    if (to.destroyed || to.writableEnded || to.write(bytes)) return;
    from.pause();
    to.once('drain', () => from.resume());
  }

  /** ffmpeg → camera. */
  #ask(message: RtspMessage): void {
    const [method = '', uri = ''] = message.start.split(' ');
    // An answer to something that the camera asked; it has one already.
    if (method.startsWith('RTSP/')) return;
    const { local, real } = this.#names;
    const cseq = headerOf(message.headers, 'cseq') ?? '';
    const named = uri.startsWith(local) ? real + uri.slice(local.length) : uri;
    this.#request({ cseq, method, uri: named, request: message });
  }

  #request(pending: Pending): void {
    const { camera, player } = this.#options;
    const { method, uri, request } = pending;
    const cseq = String(++this.#cseq);
    if (this.#pending.size >= PENDING_MAX) this.#pending.clear();
    this.#pending.set(cseq, pending);
    const kept = request.headers.filter(([name]) => !/^(cseq|authorization|content-length)$/i.test(name));
    const authorization = this.#authorizer.header(method, uri);
    const headers: [string, string][] = [['CSeq', cseq]];
    if (authorization !== undefined) headers.push(['Authorization', authorization]);
    const start = `${method} ${uri} RTSP/1.0`;
    this.#send(
      player,
      camera,
      writeRtspMessage({ start, headers: [...headers, ...kept], body: request.body }),
    );
  }

  /** camera → ffmpeg. */
  #hear(message: RtspMessage): void {
    const { camera, player } = this.#options;
    const [, status, reason = ''] = /^RTSP\/1\.\d (\d{3}) ?(.*)$/.exec(message.start) ?? [];
    if (status === undefined) {
      this.#answer(message);
      return;
    }
    const key = headerOf(message.headers, 'cseq') ?? '';
    const pending = this.#pending.get(key);
    if (!pending) return;
    this.#pending.delete(key);
    const code = Number(status);
    if (code === 401 && this.#authorizer.challenge(challengesIn(message))) {
      this.#request(pending);
      return;
    }
    if (code >= 300 && code < 400) throw redirected();
    if (code === 401 || (code >= 400 && ESSENTIAL.test(pending.method))) throw statusFault(code, reason);
    if (pending.method === 'DESCRIBE' && code < 300 && !/^m=video /m.test(message.body.toString('latin1'))) {
      throw new PipelineError('E_SOURCE_NO_VIDEO', 'The camera offers no picture.');
    }
    const headers: [string, string][] = [['CSeq', pending.cseq]];
    for (const [name, value] of message.headers) if (FORWARDED.test(name)) headers.push([name, value]);
    const start = `RTSP/1.0 ${status} ${code < 300 ? 'OK' : 'Error'}`;
    this.#send(camera, player, writeRtspMessage({ start, headers, body: message.body }));
  }

  /** The camera asks, which is rare: whether anybody is there, or that somebody go elsewhere. */
  #answer({ start, headers }: RtspMessage): void {
    if (start.startsWith('REDIRECT ')) throw redirected();
    const { camera, player } = this.#options;
    const isKnown = /^(OPTIONS|GET_PARAMETER|SET_PARAMETER) /.test(start);
    const answer = {
      start: isKnown ? 'RTSP/1.0 200 OK' : 'RTSP/1.0 501 Not Implemented',
      headers: [['CSeq', headerOf(headers, 'cseq') ?? '0']] as const,
      body: Buffer.alloc(0),
    };
    this.#send(player, camera, writeRtspMessage(answer));
  }
}

function challengesIn({ headers }: RtspMessage): string[] {
  return headers.filter(([name]) => name.toLowerCase() === 'www-authenticate').map(([, value]) => value);
}

function redirected(): PipelineError {
  return new PipelineError(
    'E_SOURCE_FORBIDDEN',
    'The camera redirects to another address, which is not followed; submit that address itself.',
  );
}
