// A web server under the test's control: each path answers as the test says.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { basename, join } from 'node:path';
import type { Service } from '../../runtime/shutdown.ts';

export type Answer = (request: IncomingMessage, response: ServerResponse) => unknown;

export interface MediaServer extends Service {
  readonly port: number;
  readonly requests: IncomingMessage[];
  url(path: string, credentials?: string): string;
}

/** Starts a server on `host`; what `answer` throws breaks the connection. */
export async function startMediaServer(answer: Answer, host = '127.0.0.1'): Promise<MediaServer> {
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

/** Answers with the file of `directory` that the last part of the path names. */
export function sendFiles(directory: string): Answer {
  return async (request, response) => {
    const name = basename(new URL(request.url ?? '', 'http://x').pathname);
    const type = name.endsWith('.m3u8') ? 'application/vnd.apple.mpegurl' : 'video/mp4';
    sendBytes(request, response, await readFile(join(directory, name)), type);
  };
}

/** Sends to another address. */
export function redirectTo(location: string): Answer {
  return (_, response) => response.writeHead(302, { location }).end();
}
