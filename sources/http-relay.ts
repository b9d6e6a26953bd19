// ffmpeg ◀─▶ **relay** ◀─▶ server: every request of ffmpeg, made anew to a checked address.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { PipelineError } from '../runtime/errors.ts';
import { createHttpFetcher, type Fetched } from './http-fetch.ts';
import { isOwnPeer } from './loopback-peer.ts';
import type { NetworkRules } from './pinned-connection.ts';
import { isFinishedPlaylist, isPlaylist, PLAYLIST_MAX_BYTES, rewritePlaylist } from './playlist.ts';
import type { UrlSource } from './policy.ts';
import type { Relay, SourceNature } from './relay.ts';
import { createRelayFault, statusFault } from './relay-fault.ts';

const FORWARDED = ['content-type', 'content-length', 'content-range', 'accept-ranges'] as const;
const VIA = /^\/via\/(https?)\/([^/]+)(\/.*)$/;

/** Asks the server for the source and returns the way to it. @throws see openRelay */
export async function openHttpRelay(
  source: UrlSource,
  { rules, idleMs }: { rules: NetworkRules; idleMs: number },
  signal: AbortSignal,
): Promise<Relay> {
  const fault = createRelayFault();
  const ended = AbortSignal.any([signal, fault.signal]);
  const fetcher = createHttpFetcher({ source, rules, idleMs });
  const start = new URL(`${source.scheme}://${authorityOf(source)}${source.path}`);
  let first: Fetched | undefined = await fetcher.get(start, { range: 'bytes=0-' }, ended);
  if (first.status >= 400) {
    first.body.destroy();
    throw statusFault(first.status, first.reason);
  }
  const { nature, url: main } = first;
  let isComplete = false;

  const peers = new WeakMap<Socket, Promise<boolean>>();
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    if (!(await peers.get(request.socket))) return void request.socket.destroy();
    const path = localPath(request, port);
    const isMain = path === mainPath;
    const url = isMain ? main : targetOf(path);
    const { range } = request.headers;
    const isFirst = isMain && first !== undefined && (range ?? 'bytes=0-') === 'bytes=0-';
    const fetched = isFirst && first ? first : await fetcher.get(url, { range }, ended);
    if (isMain) first = undefined;
    if (fetched.status >= 400) {
      fetched.body.destroy();
      // A segment may be gone already; a source may not.
      if (isMain) throw statusFault(fetched.status, fetched.reason);
      return void response.writeHead(fetched.status).end();
    }
    if (fetched.nature === 'playlist') {
      const text = await readText(fetched);
      const body = rewritePlaylist(text, fetched.url, (address) => viaOf(address, port));
      isComplete = isFinishedPlaylist(text);
      return void response.writeHead(200, { 'content-type': 'application/vnd.apple.mpegurl' }).end(body);
    }
    if (fetched.body.destroyed) throw lost(fetched.body.errored);
    for (const name of FORWARDED) {
      const value = fetched.headers[name];
      if (value !== undefined) response.setHeader(name, value);
    }
    response.writeHead(fetched.status);
    fetched.body.pipe(response);
    response.once('close', () => fetched.body.destroy());
    fetched.body.once('end', () => {
      if (isMain) isComplete = true;
    });
    fetched.body.once('error', (error) => {
      if (isMain && !response.writableFinished && !response.destroyed) fault.set(lost(error));
      response.destroy();
    });
  };

  const server = createServer((request, response) => {
    response.on('error', () => undefined);
    answer(request, response).catch((error: unknown) => {
      const isOurs = error instanceof PipelineError;
      if (!ended.aborted && isOurs && (error.code !== 'E_SOURCE_UNREACHABLE' || isMainRequest(request)))
        fault.set(error);
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end();
    });
  });
  const isMainRequest = (request: IncomingMessage) => request.url?.endsWith(mainPath) === true;
  server.on('connection', (socket) => peers.set(socket, isOwnPeer(socket)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const mainPath = `/source${extensionOf(source.path, nature)}`;
  const close = async () => {
    first?.body.destroy();
    server.close();
    server.closeAllConnections();
  };
  fault.signal.addEventListener('abort', () => void close(), { once: true });
  return {
    url: `http://127.0.0.1:${port}${mainPath}`,
    nature,
    failed: fault.signal,
    get isComplete() {
      return isComplete;
    },
    get fault() {
      return fault.error;
    },
    close,
  };
}

function authorityOf({ host, port }: UrlSource): string {
  return `${host}:${port}`;
}

/** What is asked for. ffmpeg is told to use this relay as its proxy: a request for anybody else is one too many. */
function localPath({ method, url = '' }: IncomingMessage, port: number): string {
  const own = `http://127.0.0.1:${port}/`;
  const path = url.startsWith(own) ? url.slice(own.length - 1) : url;
  if (method !== 'GET' || !path.startsWith('/')) {
    throw new PipelineError('E_SOURCE_FORBIDDEN', 'The source leads to an address that is not allowed.');
  }
  return path;
}

function viaOf({ protocol, host, pathname, search }: URL, port: number): string {
  return `http://127.0.0.1:${port}/via/${protocol.slice(0, -1)}/${host}${pathname}${search}`;
}

function targetOf(path: string): URL {
  const [, scheme = '', host = '', rest = ''] = VIA.exec(path) ?? [];
  const text = `${scheme}://${host}${rest}`;
  if (scheme === '' || !URL.canParse(text)) {
    throw new PipelineError('E_SOURCE_FORBIDDEN', 'The source leads to an address that is not allowed.');
  }
  return new URL(text);
}

/** ffmpeg tells some formats by the name; playlists above all. */
function extensionOf(path: string, nature: SourceNature): string {
  if (nature === 'playlist') return '.m3u8';
  return /\.[a-z0-9]{1,5}$/i.exec(path.replace(/\?.*/s, ''))?.[0] ?? '';
}

async function readText({ body }: Fetched): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes > PLAYLIST_MAX_BYTES) {
      body.destroy();
      throw new PipelineError('E_SOURCE_LIMIT', 'The playlist is larger than 4 MiB.');
    }
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  if (!isPlaylist(Buffer.from(text))) throw new PipelineError('E_SOURCE_UNREADABLE', 'Expected a playlist.');
  return text;
}

function lost(cause: unknown): PipelineError {
  return new PipelineError('E_SOURCE_UNREACHABLE', 'The connection to the source was lost.', { cause });
}
