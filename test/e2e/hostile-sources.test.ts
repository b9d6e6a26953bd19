// What a client may try as a source, against the whole program, with a listener that nothing may ever connect to.
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Source } from '../../protocol/stream.ts';
import { type Canary, startCanary } from '../support/canary.ts';
import { type Cluster, startCluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { type MediaServer, startMediaServer } from '../support/media-server.ts';

/** The one address that the operator lists; a hostile server sits there. The canary is on all others of this machine. */
const LISTED = '127.0.0.3';

let cluster: Cluster;
let canary: Canary;
let web: MediaServer;
let camera: Server;
let cameraPort = 0;
let root = '';

beforeAll(async () => {
  canary = await startCanary();
  root = await mkdtemp(join(tmpdir(), 'verbcast-hostile-'));
  await mkdir(join(root, 'media'));
  await writeFile(join(root, 'secret.mp4'), 'secret');
  await symlink(join(root, 'secret.mp4'), join(root, 'media/link.mp4'));
  await symlink('/etc', join(root, 'media/etc'));
  for (const name of ['-i', '-protocol_whitelist', 'pipe:0', `http:@127.0.0.1:${canary.port}`])
    await writeFile(join(root, 'media', name), `#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:${canary.port}/a.ts\n`);
  await writeFile(
    join(root, 'media/list.m3u8'),
    `#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:${canary.port}/a.ts\n`,
  );
  await writeFile(
    join(root, 'media/list.ffconcat'),
    `ffconcat version 1.0\nfile http://127.0.0.1:${canary.port}/a.ts\n`,
  );
  web = await startMediaServer((request, response) => {
    const [, kind, rest = ''] = /^\/(\w+)\?(.*)$/.exec(request.url ?? '') ?? [];
    const target = decodeURIComponent(rest);
    if (kind === 'redirect') return response.writeHead(302, { location: target }).end();
    const tag =
      kind === 'key'
        ? `#EXT-X-KEY:METHOD=AES-128,URI="${target}"\n#EXTINF:1,\na.ts`
        : `#EXTINF:1,\n${target}`;
    response.end(`#EXTM3U\n#EXT-X-TARGETDURATION:1\n${tag}\n#EXT-X-ENDLIST\n`);
  }, LISTED);
  camera = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      const cseq = /CSeq: (\d+)/.exec(chunk.toString())?.[1];
      const location = `rtsp://127.0.0.1:${canary.port}/x`;
      const [status, header] = /^OPTIONS/.test(chunk.toString())
        ? ['200 OK', 'Public: DESCRIBE']
        : ['302 Found', `Location: ${location}`];
      socket.write(`RTSP/1.0 ${status}\r\nCSeq: ${cseq}\r\n${header}\r\n\r\n`);
    });
  });
  camera.listen(0, LISTED);
  await once(camera, 'listening');
  const address = camera.address();
  cameraPort = typeof address === 'object' && address ? address.port : 0;
  cluster = await startCluster(['gateway', 'ingest', 'worker'], {
    MEDIA_DIRS: join(root, 'media'),
    SOURCE_NETWORKS: `${LISTED}/32`,
    INFERENCE_THREADS: '1',
  });
  await cluster.ready();
});
afterAll(async () => {
  await cluster?.close();
  await web?.close();
  camera?.close();
  await canary?.close();
  await rm(root, { recursive: true, force: true });
});

const Answer = z.object({ id: z.string().optional(), code: z.string().optional() });

/** Submits a source; returns the answer's status and code, or where it was taken, how the stream ended. */
async function submit(source: Source): Promise<{ status: number; code: string | undefined; title: string }> {
  const response = await fetch(`${cluster.url}/v1/streams`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ source, labels: ['skydiving'] }),
  });
  const body = Answer.parse(await response.json());
  const { id } = body;
  if (id === undefined) return { status: response.status, code: body.code, title: '' };
  const record = await eventually('the stream to end', async () => {
    const now = await cluster.client.stream(id);
    return now.endedAt === null ? undefined : now;
  });
  return { status: response.status, code: record.reason?.code, title: JSON.stringify(record) };
}

const $ = (text: string) =>
  text
    .replaceAll('PORT', String(canary.port))
    .replaceAll('LISTED', `${LISTED}:${web.port}`)
    .replaceAll('CAMERA', `${LISTED}:${cameraPort}`);

describe('is refused at submission', () => {
  test.each([
    'file:///etc/passwd',
    'file://127.0.0.1:PORT/etc/passwd',
    'concat:http://127.0.0.1:PORT/a|file:///etc/passwd',
    'concat://127.0.0.1:PORT/a',
    'subfile,,start,0,end,9,,:/etc/passwd',
    'data:video/mp4;base64,AAAA',
    'gopher://127.0.0.1:PORT/_SET%20x',
    'ftp://127.0.0.1:PORT/a.mp4',
    'tcp://127.0.0.1:PORT',
    'udp://127.0.0.1:PORT',
    'rtmp://127.0.0.1:PORT/live',
    'httpproxy://127.0.0.1:PORT/x',
    'crypto+http://127.0.0.1:PORT/x',
    'cache:http://127.0.0.1:PORT/x',
    'unix:///run/redis.sock',
    'pipe:0',
    '-i',
    'http://127.0.0.1:PORT/',
    'http://127.1:PORT/',
    'http://0x7f000001:PORT/',
    'http://2130706433:PORT/',
    'http://017700000001:PORT/',
    'http://0.0.0.0:PORT/',
    'http://[::1]:PORT/',
    'http://[::]:PORT/',
    'http://[::ffff:127.0.0.1]:PORT/',
    'http://[::ffff:7f00:1]:PORT/',
    'http://localhost:PORT/',
    'http://LISTED@127.0.0.1:PORT/',
    'http://LISTED\\@127.0.0.1:PORT/',
    'http://LISTED#@127.0.0.1:PORT/'.replace('#', '%23'),
    'rtsp://127.0.0.1:PORT/',
    'rtsp://0x7f000001:PORT/',
    'rtsp://[::ffff:127.0.0.1]:PORT/',
    'rtsps://localhost:PORT/',
    'https://127.0.0.1:PORT/',
    'http://169.254.169.254/latest/meta-data/',
    'http://192.168.1.1/',
    'http://100.64.0.1/',
  ])('%s', async (url) => {
    const { status, code } = await submit({ url: $(url) });
    expect({ status, code }).toEqual({ status: 403, code: 'E_SOURCE_FORBIDDEN' });
    expect(canary.touched).toBe(0);
  });

  test.each([
    ['link.mp4', 403, 'E_SOURCE_FORBIDDEN'],
    ['etc/passwd', 403, 'E_SOURCE_FORBIDDEN'],
    ['../secret.mp4', 403, 'E_SOURCE_FORBIDDEN'],
    ['/etc/passwd', 403, 'E_SOURCE_FORBIDDEN'],
    ['/dev/stdin', 403, 'E_SOURCE_FORBIDDEN'],
    ['/proc/self/environ', 403, 'E_SOURCE_FORBIDDEN'],
    ['file:///etc/passwd', 404, 'E_SOURCE_NOT_FOUND'],
    ['concat:/etc/passwd|/etc/hosts', 404, 'E_SOURCE_NOT_FOUND'],
    ['http://127.0.0.1:PORT/', 404, 'E_SOURCE_NOT_FOUND'],
    ['-f lavfi -i testsrc', 404, 'E_SOURCE_NOT_FOUND'],
    ['link.mp4\0.mp4', 404, 'E_SOURCE_NOT_FOUND'],
  ])('the path %j', async (path, status, code) => {
    expect(await submit({ path: $(path) })).toMatchObject({ status, code });
    expect(canary.touched).toBe(0);
  });
});

describe('ends its stream with a code', () => {
  test.each([
    ['redirects to loopback', 'http://LISTED/redirect?http%3A%2F%2F127.0.0.1%3APORT%2F'],
    ['redirects to the metadata service', 'http://LISTED/redirect?http%3A%2F%2F169.254.169.254%2F'],
    [
      'redirects to a mapped address',
      'http://LISTED/redirect?http%3A%2F%2F[%3A%3Affff%3A127.0.0.1]%3APORT%2F',
    ],
    ['redirects to a file', 'http://LISTED/redirect?file%3A%2F%2F%2Fetc%2Fpasswd'],
    ['redirects to RTSP', 'http://LISTED/redirect?rtsp%3A%2F%2F127.0.0.1%3APORT%2F'],
    ['lists a file', 'http://LISTED/list?file%3A%2F%2F%2Fetc%2Fpasswd'],
    ['lists loopback', 'http://LISTED/list?http%3A%2F%2F127.0.0.1%3APORT%2Fa.ts'],
    ['lists a concat', 'http://LISTED/list?concat%3Ahttp%3A%2F%2F127.0.0.1%3APORT%2Fa.ts'],
    ['lists a proxy', 'http://LISTED/list?httpproxy%3A%2F%2F127.0.0.1%3APORT%2Fa.ts'],
    ['has a key in a file', 'http://LISTED/key?file%3A%2F%2F%2Fetc%2Fpasswd'],
    ['has a key on loopback', 'http://LISTED/key?http%3A%2F%2F127.0.0.1%3APORT%2Fkey'],
    ['is a camera that redirects', 'rtsp://CAMERA/live'],
  ])('a source that %s', async (_, url) => {
    const { code, title } = await submit({ url: $(url) });
    expect(code).toBe('E_SOURCE_FORBIDDEN');
    expect(title).not.toContain('root:');
    expect(canary.touched).toBe(0);
  });

  test.each(['-i', '-protocol_whitelist', 'pipe:0', 'http:@127.0.0.1:PORT', 'list.m3u8', 'list.ffconcat'])(
    'the file %s, which is a list of addresses',
    async (path) => {
      expect((await submit({ path: $(path) })).code).toBe('E_SOURCE_UNREADABLE');
      expect(canary.touched).toBe(0);
    },
  );
});

test('the canary would have noticed', async () => {
  await fetch(`http://127.0.0.1:${canary.port}/`).catch(() => undefined);
  expect(canary.touched).toBe(1);
});
