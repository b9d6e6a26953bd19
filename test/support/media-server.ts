// A web server under the test's control: each path answers as the test says.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { Service } from '../../runtime/shutdown.ts';

export interface MediaServer extends Service {
  readonly port: number;
  readonly requests: IncomingMessage[];
  url(path: string, credentials?: string): string;
}

/** Starts a server on `host`; what `answer` throws breaks the connection. */
export async function startMediaServer(
  answer: (request: IncomingMessage, response: ServerResponse) => unknown,
  host = '127.0.0.1',
): Promise<MediaServer> {
  const requests: IncomingMessage[] = [];
  const listener: RequestListener = (request, response) => {
    requests.push(request);
    response.on('error', () => undefined);
    Promise.resolve(answer(request, response)).catch(() => response.destroy());
  };
  const server = createServer(listener);
  server.listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    port,
    requests,
    url: (path, credentials) => `http://${credentials ? `${credentials}@` : ''}${host}:${port}${path}`,
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Answers with a file's bytes as a file server does, with ranges. */
export function sendBytes(
  request: IncomingMessage,
  response: ServerResponse,
  bytes: Buffer,
  type: string,
): void {
  const [, from] = /^bytes=(\d+)-/.exec(request.headers.range ?? '') ?? [];
  response.setHeader('content-type', type).setHeader('accept-ranges', 'bytes');
  const start = Number(from ?? 0);
  const part = bytes.subarray(start);
  response.setHeader('content-length', part.length);
  if (from !== undefined) {
    response.setHeader('content-range', `bytes ${start}-${bytes.length - 1}/${bytes.length}`);
    response.writeHead(206);
  }
  response.end(part);
}
