// A server that speaks the hub's addresses, and misbehaves on request.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How one request for a file goes wrong. */
export type Fault =
  | { readonly kind: 'cut'; readonly afterBytes: number }
  | { readonly kind: 'stall'; readonly afterBytes: number }
  | { readonly kind: 'status'; readonly status: number };

export interface TinyHub {
  /** What HF_ENDPOINT would be. */
  readonly endpoint: string;
  /** Content by `<repo>/resolve/<revision>/<path>`. */
  readonly files: Map<string, Buffer>;
  /** Faults of the next requests for a path, first one first. */
  readonly faults: Map<string, Fault[]>;
  /** `GET <address> [range]` of every request, redirected ones too. */
  readonly requests: string[];
  /** Files of at least this many bytes are answered with a redirect to another host, as on the hub. */
  redirectFromBytes: number;
  ignoresRange: boolean;
  close(): Promise<void>;
}

/** Starts a hub, and a storage on another port that it redirects to. */
export async function startTinyHub(): Promise<TinyHub> {
  const storage = createServer((request, response) => serve(request, response, '/storage/'));
  const front = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '').slice(1));
    const content = hub.files.get(path);
    if (content !== undefined && content.length >= hub.redirectFromBytes) {
      hub.requests.push(`GET /${path} → storage`);
      response.writeHead(302, {
        location: `${addressOf(storage)}/storage/${path}`,
        'x-repo-commit': 'c0ffee',
      });
      response.end();
      return;
    }
    serve(request, response, '/');
  });
  const hub = {
    endpoint: '',
    files: new Map<string, Buffer>(),
    faults: new Map<string, Fault[]>(),
    requests: [] as string[],
    redirectFromBytes: Number.POSITIVE_INFINITY,
    ignoresRange: false,
    close: async () => {
      await Promise.all([front, storage].map(stop));
    },
  };

  function serve(request: IncomingMessage, response: ServerResponse, prefix: string): void {
    const path = decodeURIComponent((request.url ?? '').slice(prefix.length));
    const { range } = request.headers;
    hub.requests.push(`GET ${prefix}${path}${range === undefined ? '' : ` ${range}`}`);
    const content = hub.files.get(path);
    const fault = hub.faults.get(path)?.shift();
    if (fault?.kind === 'status') return void response.writeHead(fault.status).end();
    if (content === undefined) return void response.writeHead(404).end('Entry not found');
    const from = hub.ignoresRange ? 0 : Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    if (from >= content.length && from > 0) return void response.writeHead(416).end();
    const rest = content.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': rest.length,
      'x-repo-commit': 'c0ffee',
      ...(from > 0 ? { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` } : {}),
    });
    if (fault === undefined) return void response.end(rest);
    response.write(rest.subarray(0, fault.afterBytes), () => {
      // A moment later: fetch throws away what it has not handed on when the connection ends.
      if (fault.kind === 'cut') setTimeout(() => response.socket?.destroy(), 50);
    });
  }

  await Promise.all([front, storage].map(listen));
  hub.endpoint = addressOf(front);
  return hub;
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}

function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

function addressOf(server: Server): string {
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}
