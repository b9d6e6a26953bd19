// One request to a server on the network: each hop of its redirects goes to a checked address.
import {
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as sendRequest,
} from 'node:http';
import type { Socket } from 'node:net';
import { PassThrough, type Readable } from 'node:stream';
import { PipelineError } from '../runtime/errors.ts';
import { createAuthorizer } from './authorization.ts';
import { connectPinned, type NetworkRules } from './pinned-connection.ts';
import { isPlaylist } from './playlist.ts';
import type { UrlSource } from './policy.ts';
import type { SourceNature } from './relay.ts';

const REDIRECTS_MAX = 5;
const REDIRECTS = [301, 302, 303, 307, 308];

export interface Fetched {
  /** Where the redirects have led. */
  readonly url: URL;
  readonly status: number;
  readonly reason: string;
  readonly headers: IncomingHttpHeaders;
  readonly nature: SourceNature;
  readonly body: Readable;
}

export interface HttpFetcher {
  /** @throws E_SOURCE_FORBIDDEN, E_SOURCE_UNREACHABLE. A status of 400 or more is no error here. */
  get(url: URL, options: { range?: string | undefined }, signal: AbortSignal): Promise<Fetched>;
}

/** Returns what fetches for one source. Credentials go to the source's own host and port, and nowhere else. */
export function createHttpFetcher({
  source,
  rules,
  idleMs,
}: {
  source: UrlSource;
  rules: NetworkRules;
  idleMs: number;
}): HttpFetcher {
  const authorizer = createAuthorizer(source.credentials);
  const own = `${source.scheme}://${source.host}:${source.port}`;

  const ask = async (url: URL, range: string | undefined, signal: AbortSignal): Promise<IncomingMessage> => {
    const isTls = url.protocol === 'https:';
    const port = url.port === '' ? (isTls ? 443 : 80) : Number(url.port);
    const path = url.pathname + url.search;
    const isOwn = `${url.protocol}//${url.hostname}:${port}` === own;
    for (;;) {
      const socket = await connectPinned({ host: url.hostname, port, isTls }, rules, signal);
      const authorization = isOwn ? authorizer.header('GET', path) : undefined;
      const request = sendRequest({
        createConnection: () => socket,
        path,
        signal,
        headers: {
          ...{ host: url.host, accept: '*/*', 'user-agent': 'verbcast', connection: 'close' },
          'accept-encoding': 'identity',
          ...(range === undefined ? {} : { range }),
          ...(authorization === undefined ? {} : { authorization }),
        },
      });
      const response = await answerTo(watchSilence(request, socket, idleMs).end(), signal);
      if (response.statusCode !== 401 || !isOwn || !authorizer.challenge(challengesIn(response)))
        return response;
      response.destroy();
    }
  };

  return {
    async get(start, { range }, signal) {
      let url = start;
      for (let hops = 0; hops <= REDIRECTS_MAX; hops++) {
        const response = await ask(url, range, signal);
        const { statusCode: status = 502, statusMessage: reason = '', headers } = response;
        if (!REDIRECTS.includes(status)) {
          const { nature, body } = await sniff(response);
          return { url, status, reason, headers, nature, body };
        }
        response.destroy();
        url = nextHop(url, headers.location);
      }
      throw new PipelineError(
        'E_SOURCE_UNREADABLE',
        `The source redirects more than ${REDIRECTS_MAX} times.`,
      );
    },
  };
}

/** Ends a request whose server says nothing for `idleMs`. One that nobody listens to, as a file that waits does, may be silent. */
function watchSilence(request: ClientRequest, socket: Socket, idleMs: number): ClientRequest {
  let response: IncomingMessage | undefined;
  request.once('response', (arrived) => {
    response = arrived;
  });
  socket.on('timeout', () => {
    const isHeldBack = response !== undefined && (response.isPaused() || response.readableLength > 0);
    if (isHeldBack) socket.setTimeout(idleMs);
    else request.destroy(new Error('The server was silent for too long.'));
  });
  socket.setTimeout(idleMs);
  return request;
}

async function answerTo(
  request: ReturnType<typeof sendRequest>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  let failure: unknown;
  request.on('error', (error) => {
    failure = error;
  });
  const response = await new Promise<IncomingMessage | null>((resolve) => {
    request.once('response', resolve).once('close', () => resolve(null));
  });
  signal.throwIfAborted();
  if (response) return response;
  throw new PipelineError('E_SOURCE_UNREACHABLE', 'The server did not answer the request.', {
    cause: failure,
  });
}

function nextHop(from: URL, location: string | undefined): URL {
  if (location === undefined || !URL.canParse(location, from.href)) {
    throw new PipelineError('E_SOURCE_UNREADABLE', 'The source redirects to nowhere.');
  }
  const url = new URL(location, from);
  if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  throw new PipelineError(
    'E_SOURCE_FORBIDDEN',
    'The source redirects to something that is not http or https.',
  );
}

/** Looks at the first bytes, and puts them back. */
async function sniff(response: IncomingMessage): Promise<{ nature: SourceNature; body: Readable }> {
  const type = response.headers['content-type'] ?? '';
  if (/^multipart\/x-mixed-replace|^image\/jpe?g/i.test(type)) return { nature: 'mjpeg', body: response };
  const iterator: AsyncIterator<Buffer> = response.iterator({ destroyOnReturn: false });
  const head: Buffer[] = [];
  let isOver = false;
  while (Buffer.concat(head).length < 16 && !isOver) {
    const { done, value } = await iterator.next().catch(() => ({ done: true, value: undefined }));
    if (value) head.push(value);
    isOver = done === true;
  }
  await iterator.return?.();
  const body = new PassThrough();
  // It may break before anybody reads it; whoever reads it sees that it is destroyed.
  body.on('error', () => undefined);
  for (const chunk of head) body.write(chunk);
  if (isOver) body.end();
  else {
    response.pipe(body);
    response.once('close', () => {
      if (!response.complete) body.destroy(new Error('The server closed the connection too early.'));
    });
    body.once('close', () => response.destroy());
  }
  return { nature: isPlaylist(Buffer.concat(head)) ? 'playlist' : 'media', body };
}

function challengesIn({ headersDistinct }: IncomingMessage): string[] {
  return headersDistinct['www-authenticate'] ?? [];
}
