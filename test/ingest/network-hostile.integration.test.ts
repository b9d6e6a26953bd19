// Servers that lead elsewhere, against the real ffmpeg, with a listener that nothing may ever connect to.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { networkArguments } from '../../ingest/decoder-arguments.ts';
import { runDecoder } from '../../ingest/decoder-run.ts';
import { openRelay } from '../../sources/relay.ts';
import { type ClipDirectory, H264, numbered, openClipDirectory, SMALL } from '../fixtures/clip.ts';
import { type Canary, startCanary } from '../support/canary.ts';
import {
  type Answer,
  type MediaServer,
  sendFiles,
  startMediaServer,
  redirectTo as to,
} from '../support/media-server.ts';
import { ffmpegs } from '../support/stream-stage.ts';
import { file, never, policy, resolveUrl, settings } from './network-readers.ts';

let clips: ClipDirectory;
let canary: Canary;
let server: MediaServer | undefined;
beforeAll(async () => {
  clips = await openClipDirectory();
  canary = await startCanary();
  await clips.make(...numbered({ seconds: 2 }), ...H264, '-movflags', '+faststart', 'film.mp4');
  const hls = ['-f', 'hls', '-hls_time', '2', '-hls_playlist_type', 'vod'];
  await clips.make(...numbered({ seconds: 2 }), ...H264, ...hls, 'film.m3u8');
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

const files: Answer = (request, response) => sendFiles(clips.path)(request, response);

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
  await expect(runDecoder(run, never).next()).rejects.toThrow();
  expect(relay.fault?.code).toBe('E_SOURCE_FORBIDDEN');
  await relay.close();
  expect(ffmpegs()).toEqual([]);
});
