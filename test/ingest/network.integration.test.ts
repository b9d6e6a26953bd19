// Sources behind URLs, decoded by the real ffmpeg through their relays: files, playlists, MJPEG, TLS.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createServer as createTlsServer, type Server } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Frame } from '../../ingest/decoder-run.ts';
import { CERTIFICATE, CERTIFICATE_KEY } from '../fixtures/certificate.ts';
import { type ClipDirectory, H264, numbered, numberOf, openClipDirectory } from '../fixtures/clip.ts';
import {
  type Answer,
  type MediaServer,
  sendFiles,
  startMediaServer,
  redirectTo as to,
} from '../support/media-server.ts';
import { startRtspServer } from '../support/rtsp-server.ts';
import { file, live, settings } from './network-readers.ts';

let clips: ClipDirectory;
let server: MediaServer | undefined;
beforeAll(async () => {
  clips = await openClipDirectory();
  await clips.make(...numbered({ seconds: 8 }), ...H264, '-movflags', '+faststart', 'film.mp4');
  await clips.make(...numbered({ seconds: 8 }), ...H264, 'late.mp4');
  const hls = ['-f', 'hls', '-hls_time', '2', '-g', '50', '-hls_playlist_type', 'vod'];
  await clips.make(...numbered({ seconds: 8 }), ...H264, ...hls, 'film.m3u8');
  await clips.make(...numbered({ seconds: 1 }), '-c:v', 'mjpeg', '-q:v', '2', '-f', 'mpjpeg', 'film.mpjpeg');
});
afterEach(async () => {
  await server?.close();
});
afterAll(async () => {
  await clips.remove();
});

async function serve(answer: Answer): Promise<MediaServer> {
  server = await startMediaServer(answer);
  return server;
}

const files: Answer = (request, response) => sendFiles(clips.path)(request, response);

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

  it('waits for a reader that takes its time, on the connection that it has', async () => {
    // More than all the buffers on the way hold.
    const noise = ['-f', 'lavfi', '-i', 'testsrc2=s=640x480:r=25:d=20,noise=alls=60'];
    await clips.make(...noise, ...H264, '-movflags', '+faststart', 'large.mp4');
    const { url, requests } = await serve(files);
    const idleMs = 500;
    const geometry = { ...settings.geometry, sizePx: 224, resizePx: 224 };
    const { frames, error, troubles } = await file(url('/large.mp4'), 0, {
      ...{ geometry, idleMs },
      onFrame: async (index) => {
        if (index === 2) await delay(6 * idleMs);
      },
    });
    expect(error).toBeNull();
    expect(troubles).toEqual([]);
    expect(frames).toHaveLength(100);
    expect(requests).toHaveLength(1);
  });

  it('is given up when its server falls silent', async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 1_000_000 });
      response.write(readFileSync(clips.file('film.mp4')).subarray(0, 5_000));
    });
    const { error, troubles } = await file(url('/film.mp4'), 0, { idleMs: 200, attempts: 2 });
    expect(error?.code).toBe('E_SOURCE_UNREACHABLE');
    expect(troubles).toHaveLength(1);
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

  it('a playlist that grows is followed to its end, and a segment that is gone is passed over', async () => {
    const segments = ['film0.ts', 'film1.ts', 'gone.ts', 'film2.ts', 'film3.ts'];
    let looks = 0;
    const { url } = await serve((request, response) => {
      if (request.url === '/gone.ts') return response.writeHead(404).end();
      if (request.url !== '/film.m3u8') return files(request, response);
      const shown = segments.slice(0, 3 + looks++);
      const isOver = shown.length === segments.length;
      const list = ['#EXTM3U', '#EXT-X-TARGETDURATION:2', ...shown.flatMap((name) => ['#EXTINF:2,', name])];
      response.end([...list, ...(isOver ? ['#EXT-X-ENDLIST'] : []), ''].join('\n'));
    });
    const { frames, error, troubles } = await live(url('/film.m3u8'));
    expect(error).toBeNull();
    expect(troubles).toEqual([]);
    expect(frames.length).toBeGreaterThan(25);
    expect(looks).toBeGreaterThanOrEqual(3);
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
