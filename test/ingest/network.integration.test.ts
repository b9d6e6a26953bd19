// Sources behind URLs, decoded by the real ffmpeg through their relays: files, playlists, MJPEG; and what they try.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { basename } from 'node:path';
import { createServer as createTlsServer, type Server } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { networkArguments } from '../../ingest/decoder-arguments.ts';
import { type Frame, runDecoder } from '../../ingest/decoder-run.ts';
import { watchLive } from '../../ingest/live.ts';
import { createLiveClock, type LiveClock } from '../../ingest/live-clock.ts';
import { connectNetwork } from '../../ingest/live-connection.ts';
import { readRemoteFile } from '../../ingest/remote-file.ts';
import type { Reason } from '../../protocol/stream.ts';
import type { PipelineError } from '../../runtime/errors.ts';
import { resolveSource, type SourcePolicy, type UrlSource } from '../../sources/policy.ts';
import { openRelay } from '../../sources/relay.ts';
import { CERTIFICATE, CERTIFICATE_KEY } from '../fixtures/certificate.ts';
import { type ClipDirectory, H264, numbered, numberOf, openClipDirectory, SMALL } from '../fixtures/clip.ts';
import { type Canary, startCanary } from '../support/canary.ts';
import { type MediaServer, sendBytes, startMediaServer } from '../support/media-server.ts';
import { startRtspServer } from '../support/rtsp-server.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => unknown;

const policy: SourcePolicy = { mediaDirs: [], sourceNetworks: ['127.0.0.1/32'] };
const settings = { ffmpeg: 'ffmpeg', geometry: SMALL, sampleFps: 5 };
const never = new AbortController().signal;

let clips: ClipDirectory;
let canary: Canary;
let server: MediaServer | undefined;
beforeAll(async () => {
  clips = await openClipDirectory();
  canary = await startCanary();
  await clips.make(...numbered({ seconds: 8 }), ...H264, '-movflags', '+faststart', 'film.mp4');
  await clips.make(...numbered({ seconds: 8 }), ...H264, 'late.mp4');
  const hls = ['-f', 'hls', '-hls_time', '2', '-g', '50', '-hls_playlist_type', 'vod'];
  await clips.make(...numbered({ seconds: 8 }), ...H264, ...hls, 'film.m3u8');
  await clips.make(...numbered({ seconds: 1 }), '-c:v', 'mjpeg', '-q:v', '2', '-f', 'mpjpeg', 'film.mpjpeg');
});
afterEach(async () => {
  // 127.0.0.2 is this machine too, and no listed network.
  expect(canary.touched).toBe(0);
  await server?.close();
});
afterAll(async () => {
  await canary.close();
  await clips.remove();
});

async function serve(answer: Answer): Promise<MediaServer> {
  server = await startMediaServer(answer);
  return server;
}

const files: Answer = (request, response) => {
  const name = basename(new URL(request.url ?? '', 'http://x').pathname);
  const type = name.endsWith('.m3u8') ? 'application/vnd.apple.mpegurl' : 'video/mp4';
  sendBytes(request, response, readFileSync(clips.file(name)), type);
};
const to =
  (location: string): Answer =>
  (_, response) =>
    response.writeHead(302, { location }).end();

async function resolveUrl(url: string, rules = policy): Promise<UrlSource> {
  const source = await resolveSource({ url }, rules);
  if (source.kind === 'url') return source;
  throw new Error('Expected a URL.');
}

interface Outcome {
  readonly frames: Frame[];
  readonly error: PipelineError | null;
  readonly troubles: Reason[];
}

async function collect(frames: AsyncIterable<Frame>, troubles: Reason[], most = 1_000): Promise<Outcome> {
  const taken: Frame[] = [];
  try {
    for await (const frame of frames) if (taken.push(frame) >= most) break;
    return { frames: taken, error: null, troubles };
  } catch (error) {
    return { frames: taken, error: error as PipelineError, troubles };
  }
}

function file(url: string, startFrame = 0): Promise<Outcome> {
  const troubles: Reason[] = [];
  const options = {
    ...{ resolve: () => resolveUrl(url), rules: policy, settings, startFrame, idleMs: 5_000 },
    onTrouble: async ({ code, message }: PipelineError) => void troubles.push({ code, message }),
  };
  return collect(readRemoteFile(options, never), troubles);
}

function live(
  url: string,
  most?: number,
  { sampleFps = 5, isKeyframesOnly = false, onStart = (_: number | undefined) => {} } = {},
): Promise<Outcome> {
  const troubles: Reason[] = [];
  let clock: LiveClock | undefined;
  const resolve = () => resolveUrl(url);
  const network = { resolve, rules: policy, settings: { ...settings, sampleFps, onStart }, stallMs: 5_000 };
  const options = {
    ...{ open: connectNetwork({ ...network, isKeyframesOnly }), sampleFps, hasRun: false },
    async startClock(epochMs: number) {
      clock ??= createLiveClock({ epochMs, sampleFps, nextFrame: 0 });
      return clock;
    },
    onTrouble: async (reason: Reason) => void troubles.push(reason),
  };
  return collect(watchLive(options, never), troubles, most);
}

/** Frames of a whole numbered film at 5 fps: picture 5k at slot k. */
const WHOLE = Array.from({ length: 40 }, (_, k) => [k, (5 * k) % 219]);
const seen = (frames: readonly Frame[]) => frames.map(({ index, pixels }) => [index, numberOf(pixels)]);

describe('a file behind a URL', () => {
  it.each(['/film.mp4', '/late.mp4', '/film.m3u8'])(
    'gives the frames of the same file on disk: %s',
    async (path) => {
      const { frames, error } = await file((await serve(files)).url(path));
      expect(error).toBeNull();
      expect(seen(frames)).toEqual(WHOLE);
    },
  );

  it('goes on where it was', async () => {
    const { frames } = await file((await serve(files)).url('/film.mp4'), 30);
    expect(seen(frames)).toEqual(WHOLE.slice(30));
  });

  it('is found through redirects', async () => {
    const { url } = await serve((request, response) =>
      request.url === '/moved' ? to('/film.m3u8')(request, response) : files(request, response),
    );
    expect(seen((await file(url('/moved'))).frames)).toEqual(WHOLE);
  });

  it('is asked for again when the connection breaks, and each frame comes once', async () => {
    let breaks = 2;
    const { url } = await serve((request, response) => {
      if (breaks-- <= 0) return files(request, response);
      const bytes = readFileSync(clips.file('film.mp4'));
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.destroy());
    });
    const { frames, error, troubles } = await file(url('/film.mp4'));
    expect(error).toBeNull();
    expect(seen(frames)).toEqual(WHOLE);
    expect(troubles.map(({ code }) => code)).toEqual(['E_SOURCE_UNREACHABLE', 'E_SOURCE_UNREACHABLE']);
  });

  it('is read with its credentials, which no other host gets', async () => {
    const other = await startMediaServer(files);
    const { url, requests } = await serve((request, response) => {
      if (request.headers.authorization !== `Basic ${Buffer.from('me:s3cret').toString('base64')}`)
        return response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      to(other.url('/film.mp4'))(request, response);
    });
    const { frames } = await file(url('/film.mp4', 'me:s3cret'));
    expect(frames).toHaveLength(40);
    expect(requests.length).toBeGreaterThan(1);
    expect(other.requests.map(({ headers }) => headers.authorization)).toEqual(
      other.requests.map(() => undefined),
    );
    await other.close();
  });

  it.each<[string, Answer, string]>([
    ['401', (_, r) => r.writeHead(401).end(), 'E_SOURCE_UNAUTHORIZED'],
    ['403', (_, r) => r.writeHead(403).end(), 'E_SOURCE_UNAUTHORIZED'],
    ['404', (_, r) => r.writeHead(404).end(), 'E_SOURCE_NOT_FOUND'],
    ['no media', (_, r) => r.end('<html>'.repeat(100)), 'E_SOURCE_UNREADABLE'],
    ['nothing', (_, r) => r.end(), 'E_SOURCE_UNREADABLE'],
    ['a circle', (q, r) => to('/film.mp4')(q, r), 'E_SOURCE_UNREADABLE'],
  ])('that answers with %s fails with its code at once', async (_, answer, code) => {
    const { error, frames } = await file((await serve(answer)).url('/film.mp4'));
    expect(error?.code).toBe(code);
    expect(frames).toEqual([]);
  });
});

describe('a live source over HTTP', () => {
  it('a playlist is paced, and ends when it says so', async () => {
    const began = Date.now();
    const { frames, error } = await live((await serve(files)).url('/film.m3u8'));
    expect(error).toBeNull();
    expect(Date.now() - began).toBeGreaterThan(6_000);
    expect(frames.length).toBeGreaterThan(30);
    expect(numberOf(frames.at(-1)?.pixels ?? new Uint8Array())).toBeGreaterThan(150);
  });

  it('MJPEG is watched as it comes, and asked for again when it ends', async () => {
    const { url, requests } = await serve(async (_, response) => {
      response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace;boundary=ffmpeg' });
      const bytes = readFileSync(clips.file('film.mpjpeg'));
      response.end(bytes);
    });
    const { frames, troubles } = await live(url('/video.mjpg'), 3);
    expect(frames.length).toBe(3);
    expect(requests.length).toBeGreaterThan(1);
    expect(troubles[0]).toMatchObject({ code: 'E_SOURCE_UNREACHABLE' });
    expect(frames.every(({ index }, i) => i === 0 || index > (frames[i - 1]?.index ?? 0))).toBe(true);
  });
});

describe('a hostile server', () => {
  const playlist = (...lines: string[]): Answer => {
    const text = ['#EXTM3U', '#EXT-X-TARGETDURATION:2', ...lines, '#EXT-X-ENDLIST', ''].join('\n');
    return (request, response) =>
      request.url === '/film.m3u8'
        ? response.writeHead(200, { 'content-type': 'application/x-mpegurl' }).end(text)
        : files(request, response);
  };
  const segment = (address: string) => playlist('#EXTINF:2,', address);

  it.each<[string, () => Answer]>([
    ['redirects to a host that is not listed', () => to(`http://127.0.0.2:${canary.port}/`)],
    ['redirects to the metadata service', () => to('http://169.254.169.254/latest/')],
    ['redirects to IPv6 loopback', () => to(`http://[::1]:${canary.port}/`)],
    ['redirects to a mapped address', () => to(`http://[::ffff:127.0.0.2]:${canary.port}/`)],
    ['redirects to a number', () => to(`http://2130706434:${canary.port}/`)],
    ['redirects to a file', () => to('file:///etc/passwd')],
    ['redirects to gopher', () => to(`gopher://127.0.0.1:${canary.port}/_x`)],
    ['redirects to RTSP', () => to(`rtsp://127.0.0.1:${canary.port}/`)],
    ['names a file in a playlist', () => segment('file:///etc/passwd')],
    [
      'names a file in a map',
      () => playlist('#EXT-X-MAP:URI="file:///etc/passwd"', '#EXTINF:2,', 'film0.ts'),
    ],
    [
      'names a file as a key',
      () => playlist('#EXT-X-KEY:METHOD=AES-128,URI="file:///etc/passwd"', '#EXTINF:2,', 'film0.ts'),
    ],
    ['names a host that is not listed in a playlist', () => segment(`http://127.0.0.2:${canary.port}/a.ts`)],
    [
      'names a host that is not listed in a variant',
      () => playlist('#EXT-X-STREAM-INF:BANDWIDTH=1', `http://127.0.0.2:${canary.port}/a.m3u8`),
    ],
    [
      'names a concat in a playlist',
      () => segment(`concat:http://127.0.0.1:${canary.port}/|file:///etc/passwd`),
    ],
    ['names a proxy in a playlist', () => segment(`httpproxy://127.0.0.1:${canary.port}/x.ts`)],
    ['names a socket in a playlist', () => segment(`tcp://127.0.0.1:${canary.port}`)],
    [
      'redirects a segment',
      () => (request, response) =>
        request.url === '/a.ts'
          ? to(`http://127.0.0.2:${canary.port}/`)(request, response)
          : segment('a.ts')(request, response),
    ],
  ])('that %s is refused', async (_, answer) => {
    const { error, frames } = await file((await serve(answer())).url('/film.m3u8'));
    expect(error?.code).toBe('E_SOURCE_FORBIDDEN');
    expect(frames).toEqual([]);
  });

  it('that changes its playlist after the first look is refused all the same', async () => {
    let looks = 0;
    const { url } = await serve((request, response) => {
      const answer = looks++ === 0 ? segment('nested.m3u8') : segment('file:///etc/passwd');
      if (request.url === '/nested.m3u8')
        return response.end('#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n');
      answer(request, response);
    });
    expect((await file(url('/film.m3u8'))).error?.code).toBe('E_SOURCE_FORBIDDEN');
  });

  it.each([
    ['DASH', '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"></MPD>'],
    ['concat', 'ffconcat version 1.0\nfile /etc/passwd\n'],
    ['SDP', 'v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nm=video 5004 RTP/AVP 96\r\n'],
  ])('that sends a list of another kind is not read: %s', async (_, text) => {
    const { error } = await file((await serve((__, r) => r.end(text))).url('/film.mp4'));
    expect(error?.code).toBe('E_SOURCE_UNREADABLE');
  });
});

describe('a camera with a keyframe a second', () => {
  /** Watches it; returns for each ffmpeg whether it decoded keyframes only. */
  async function ways(sampleFps: number, most: number): Promise<boolean[]> {
    const camera = await startRtspServer();
    const found: boolean[] = [];
    const onStart = (pid: number | undefined) =>
      void found.push(readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('-skip_frame\0nokey'));
    const { frames, troubles } = await live(camera.url('live'), most, {
      sampleFps,
      isKeyframesOnly: true,
      onStart,
    });
    await camera.close();
    expect(frames).toHaveLength(most);
    expect(troubles).toEqual([]);
    return found;
  }

  it('is decoded by its keyframes when no more pictures are wanted', async () => {
    expect(await ways(1, 8)).toEqual([true]);
  });

  it('is decoded in full as soon as it is clear that they are too few', async () => {
    expect(await ways(5, 20)).toEqual([true, false]);
  });
});

describe('over TLS', () => {
  const pem = { cert: CERTIFICATE, key: CERTIFICATE_KEY };
  const wraps: Server[] = [];
  afterEach(() => {
    for (const wrap of wraps.splice(0)) wrap.close();
  });

  /** Puts TLS in front of a port; returns the port of that. */
  async function wrap(port: number): Promise<number> {
    const tls = createTlsServer(pem, (socket) => {
      const inner = connect(port, '127.0.0.1');
      socket.on('error', () => inner.destroy()).pipe(inner);
      inner.on('error', () => socket.destroy()).pipe(socket);
    });
    wraps.push(tls.listen(0, '127.0.0.1'));
    await once(tls, 'listening');
    const address = tls.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  it('a film comes as it does without, from a server that signs its own certificate on a listed network', async () => {
    const { port } = await serve(files);
    for (const path of ['film.mp4', 'film.m3u8']) {
      const { frames, error } = await file(`https://127.0.0.1:${await wrap(port)}/${path}`);
      expect(error).toBeNull();
      expect(seen(frames)).toEqual(WHOLE);
    }
  });

  it('a camera is watched, and tells its name and password to nobody but itself', async () => {
    const camera = await startRtspServer({ credentials: { user: 'me', password: 's3cret' } });
    const { frames, error } = await live(`rtsps://me:s3cret@127.0.0.1:${await wrap(camera.port)}/live`, 5);
    await camera.close();
    expect(error).toBeNull();
    expect(frames).toHaveLength(5);
  });
});

it('an ffmpeg that is led elsewhere all the same reaches the relay alone', async () => {
  const { url } = await serve(files);
  const source = await resolveUrl(url('/film.mp4'));
  const relay = await openRelay(source, { rules: policy, idleMs: 5_000 }, never);
  const plan = {
    ...{ geometry: SMALL, sampleFps: 5, startFrame: 0, threads: 1, hardware: 'none' as const },
    isKeyframesOnly: false,
  };
  const elsewhere = `http://127.0.0.1:${canary.port}/film.mp4`;
  const args = networkArguments({ ...plan, url: elsewhere, nature: 'media', isLive: false });
  const env = { PATH: process.env.PATH ?? '', http_proxy: new URL(relay.url).origin };
  const run = { ...settings, args, input: elsewhere, env, startFrame: 0, isSeekable: false };
  await collect(runDecoder(run, never) as AsyncIterable<Frame>, []);
  expect(relay.fault?.code).toBe('E_SOURCE_FORBIDDEN');
  await relay.close();
  expect(
    execFileSync('ps', ['--ppid', String(process.pid), '-o', 'comm='], { encoding: 'utf8' }),
  ).not.toContain('ffmpeg');
});
