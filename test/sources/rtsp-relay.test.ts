// Cameras that mislead, played by a few lines of TCP: what reaches ffmpeg, and what does not.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { resolveSource } from '../../sources/policy.ts';
import { openRelay, type Relay } from '../../sources/relay.ts';

const policy = { mediaDirs: [], sourceNetworks: ['127.0.0.0/8'] };
const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

interface Request {
  readonly start: string;
  readonly headers: string;
  readonly cseq: string;
}

/** A camera that answers each request with what `answer` returns, after the first line and the CSeq. */
async function camera(answer: (request: Request) => string | null): Promise<number> {
  const server: Server = createServer((socket) => {
    let text = '';
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end !== -1; end = text.indexOf('\r\n\r\n')) {
        const [start = '', ...lines] = text.slice(0, end).split('\r\n');
        text = text.slice(end + 4);
        const headers = lines.join('\n');
        const reply = answer({ start, headers, cseq: /^CSeq: (\d+)/m.exec(headers)?.[1] ?? '' });
        if (reply === null) socket.destroy();
        else socket.write(reply, 'latin1');
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(server);
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

async function relayTo(port: number, { user = '', idleMs = 5_000 } = {}): Promise<Relay> {
  const source = await resolveSource({ url: `rtsp://${user}127.0.0.1:${port}/cam?x=1` }, policy);
  if (source.kind !== 'url') throw new Error('Expected a URL.');
  const relay = await openRelay(source, { rules: policy, idleMs }, new AbortController().signal);
  open.push(relay);
  return relay;
}

/** ffmpeg by hand. */
async function player(relay: Relay): Promise<{ socket: Socket; heard(): string; ask(text: string): void }> {
  const { hostname, port } = new URL(relay.url.replace('rtsp', 'http'));
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  let heard = '';
  socket.on('data', (chunk) => {
    heard += chunk.toString('latin1');
  });
  await once(socket, 'connect');
  open.push({ close: () => socket.destroy() });
  return { socket, heard: () => heard, ask: (text) => void socket.write(text) };
}

const SDP = 'v=0\r\nm=video 0 RTP/AVP 96\r\n';
const WITH_SDP = `Content-Length: ${SDP.length}\r\n\r\n${SDP}`;
const describing = (relay: Relay, cseq = 7) =>
  `DESCRIBE ${relay.url} RTSP/1.0\r\nCSeq: ${cseq}\r\nAccept: application/sdp\r\n\r\n`;

describe('an RTSP relay', () => {
  it('asks the camera under its own name, and tells ffmpeg what it needs and no more', async () => {
    const asked: Request[] = [];
    const port = await camera((request) => {
      asked.push(request);
      return `RTSP/1.0 200 Fine\r\nCSeq: ${request.cseq}\r\nServer: WMServer/9\r\nLocation: rtsp://127.0.0.1:1/\r\nContent-Base: rtsp://cam/\r\nContent-Length: ${SDP.length}\r\n\r\n${SDP}`;
    });
    const relay = await relayTo(port);
    const { socket, heard, ask } = await player(relay);
    ask(describing(relay));
    await once(socket, 'data');
    expect(heard()).toBe(
      `RTSP/1.0 200 OK\r\nCSeq: 7\r\nContent-Base: rtsp://cam/\r\nContent-Length: ${SDP.length}\r\n\r\n${SDP}`,
    );
    expect(asked[0]?.start).toBe(`DESCRIBE rtsp://127.0.0.1:${port}/cam?x=1 RTSP/1.0`);
    ask(`SETUP ${relay.url}/track=1 RTSP/1.0\r\nCSeq: 8\r\n\r\n`);
    await once(socket, 'data');
    expect(asked[1]?.start).toBe(`SETUP rtsp://127.0.0.1:${port}/cam?x=1/track=1 RTSP/1.0`);
    expect(asked.map(({ cseq }) => cseq)).toEqual(['1', '2']);
  });

  it('logs in by itself', async () => {
    const asked: Request[] = [];
    const port = await camera((request) => {
      asked.push(request);
      const isIn = request.headers.includes('Authorization: Digest username="me"');
      return isIn
        ? `RTSP/1.0 200 OK\r\nCSeq: ${request.cseq}\r\n${WITH_SDP}`
        : `RTSP/1.0 401 No\r\nCSeq: ${request.cseq}\r\nWWW-Authenticate: Digest realm="r", nonce="n"\r\n\r\n`;
    });
    const relay = await relayTo(port, { user: 'me:secret@' });
    const { socket, heard, ask } = await player(relay);
    ask(describing(relay));
    await once(socket, 'data');
    expect(heard()).toBe(`RTSP/1.0 200 OK\r\nCSeq: 7\r\n${WITH_SDP}`);
    expect(asked.map(({ cseq }) => cseq)).toEqual(['1', '2']);
  });

  it.each<[string, string, string]>([
    [
      'redirects',
      'RTSP/1.0 302 Moved\r\nCSeq: 1\r\nLocation: rtsp://127.0.0.1:1/x\r\n\r\n',
      'E_SOURCE_FORBIDDEN',
    ],
    [
      'redirects with 301',
      'RTSP/1.0 301 Moved\r\nCSeq: 1\r\nLocation: rtsp://169.254.169.254/\r\n\r\n',
      'E_SOURCE_FORBIDDEN',
    ],
    [
      'asks to go elsewhere',
      'REDIRECT rtsp://x/ RTSP/1.0\r\nCSeq: 9\r\nLocation: rtsp://127.0.0.1:1/\r\n\r\n',
      'E_SOURCE_FORBIDDEN',
    ],
    ['speaks HTTP', 'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n', 'E_SOURCE_UNREADABLE'],
    [
      'hides a redirect in a header',
      'RTSP/1.0 200 OK\r\nCSeq: 1\nRTSP/1.0 302 X\nLocation: rtsp://x/\r\n\r\n',
      'E_SOURCE_UNREADABLE',
    ],
    ['refuses the password', 'RTSP/1.0 401 No\r\nCSeq: 1\r\n\r\n', 'E_SOURCE_UNAUTHORIZED'],
    ['forbids', 'RTSP/1.0 403 No\r\nCSeq: 1\r\n\r\n', 'E_SOURCE_UNAUTHORIZED'],
    ['knows no such path', 'RTSP/1.0 404 No\r\nCSeq: 1\r\n\r\n', 'E_SOURCE_NOT_FOUND'],
    [
      'has sound alone',
      'RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 19\r\n\r\nm=audio 0 RTP/AVP 8',
      'E_SOURCE_NO_VIDEO',
    ],
    ['is busy', 'RTSP/1.0 503 Later\r\nCSeq: 1\r\n\r\n', 'E_SOURCE_UNREACHABLE'],
  ])('ends with a code when the camera %s, and ffmpeg hears nothing of it', async (_, reply, code) => {
    const relay = await relayTo(await camera(() => reply));
    const { socket, heard, ask } = await player(relay);
    const closed = once(socket, 'close');
    ask(describing(relay));
    await closed;
    expect(relay.fault?.code).toBe(code);
    expect(relay.failed.aborted).toBe(true);
    expect(heard()).toBe('');
  });

  it('ends when the camera is silent', async () => {
    const relay = await relayTo(await camera(() => ''), { idleMs: 200 });
    await once(relay.failed, 'abort');
    expect(relay.fault).toMatchObject({ code: 'E_SOURCE_UNREACHABLE' });
  });

  it('lets one program in, once', async () => {
    const relay = await relayTo(
      await camera(({ cseq }) => `RTSP/1.0 200 OK\r\nCSeq: ${cseq}\r\n${WITH_SDP}`),
    );
    const first = await player(relay);
    first.ask(describing(relay));
    await once(first.socket, 'data');
    await expect(player(relay)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('connects to nothing that the policy does not allow', async () => {
    const port = await camera(() => null);
    const source = await resolveSource({ url: `rtsp://127.0.0.1:${port}/` }, policy);
    if (source.kind !== 'url') throw new Error('Expected a URL.');
    const rules = { sourceNetworks: [] };
    await expect(
      openRelay(source, { rules, idleMs: 1_000 }, new AbortController().signal),
    ).rejects.toMatchObject({ code: 'E_SOURCE_FORBIDDEN' });
  });

  it('checks a name when it connects, not only before: one that changes its mind leads nowhere', async () => {
    const port = await camera(() => null);
    const answers = [['8.8.8.8'], ['127.0.0.1']];
    const rules = { mediaDirs: [], sourceNetworks: [], lookUp: async () => answers.shift() ?? [] };
    const source = await resolveSource({ url: `rtsp://rebinding.example:${port}/` }, rules);
    if (source.kind !== 'url') throw new Error('Expected a URL.');
    expect(source.addresses).toEqual(['8.8.8.8']);
    await expect(
      openRelay(source, { rules, idleMs: 1_000 }, new AbortController().signal),
    ).rejects.toMatchObject({ code: 'E_SOURCE_FORBIDDEN' });
  });
});
