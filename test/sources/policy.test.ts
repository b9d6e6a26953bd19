// The hostile inputs that the source policy must refuse, and the good ones that it must let through.
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ResolvedSource, resolveSource, type SourcePolicy } from '../../sources/policy.ts';

const NAMES: Record<string, string[]> = {
  'public.example': ['8.8.8.8', '2606:4700::1111'],
  'camera.example': ['192.168.7.20'],
  'inside.example': ['10.1.2.3'],
  'mixed.example': ['8.8.8.8', '127.0.0.1'],
  'mapped.example': ['::ffff:169.254.169.254'],
  'metadata.google.internal': ['169.254.169.254'],
  localhost: ['127.0.0.1', '::1'],
  'nonsense.example': ['fe80::1%eth0'],
};
const asked: string[] = [];

let root = '';
let policy: SourcePolicy;

beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'verbcast-policy-')));
  await mkdir(join(root, 'media/clips'), { recursive: true });
  await mkdir(join(root, 'media-private'));
  await mkdir(join(root, 'more'));
  await mkdir(join(root, 'data/uploads'), { recursive: true });
  await writeFile(join(root, 'media/clips/game.mp4'), 'film');
  await writeFile(join(root, 'media/-i'), 'film');
  await writeFile(join(root, 'media/concat:a|b'), 'film');
  await writeFile(join(root, 'media/empty.mp4'), '');
  await writeFile(join(root, 'media-private/secret.mp4'), 'film');
  await writeFile(join(root, 'more/late.mp4'), 'film');
  await writeFile(join(root, 'data/uploads/up_1'), 'film');
  await symlink(join(root, 'media-private/secret.mp4'), join(root, 'media/link.mp4'));
  await symlink(join(root, 'media-private'), join(root, 'media/linked'));
  await symlink(join(root, 'nowhere'), join(root, 'media/dangling'));
  await symlink('loop', join(root, 'media/loop'));
  await symlink(join(root, 'media/clips'), join(root, 'media/fine'));
  await symlink(join(root, 'media-private/secret.mp4'), join(root, 'data/uploads/up_link'));
  await symlink(join(root, 'media'), join(root, 'alias'));
  policy = {
    mediaDirs: [join(root, 'media'), join(root, 'more'), join(root, 'missing')],
    sourceNetworks: ['192.168.7.0/24', '2001:db8::/32'],
    dataDir: join(root, 'data'),
    lookUp: async (host) => {
      asked.push(host);
      const addresses = NAMES[host];
      if (addresses === undefined) throw new Error('ENOTFOUND');
      return addresses;
    },
  };
});
afterAll(() => rm(root, { recursive: true }));

const path = (text: string): Promise<ResolvedSource> =>
  resolveSource({ path: text.replace('$', root) }, policy);
const url = (text: string): Promise<ResolvedSource> => resolveSource({ url: text }, policy);

describe('a path', () => {
  it.each([
    ['clips/game.mp4', 'media/clips/game.mp4'],
    ['$/media/clips/game.mp4', 'media/clips/game.mp4'],
    ['$/alias/clips/game.mp4', null],
    ['clips/../clips/./game.mp4', 'media/clips/game.mp4'],
    ['fine/game.mp4', 'media/clips/game.mp4'],
    ['late.mp4', 'more/late.mp4'],
    ['../more/late.mp4', 'more/late.mp4'],
    ['-i', 'media/-i'],
    ['concat:a|b', 'media/concat:a|b'],
  ])('%s is read where it may be', async (given, expected) => {
    const result = path(given);
    if (expected === null) await expect(result).rejects.toMatchObject({ code: 'E_SOURCE_FORBIDDEN' });
    else await expect(result).resolves.toEqual({ kind: 'file', path: join(root, expected) });
  });

  it.each([
    ['missing.mp4', 'E_SOURCE_NOT_FOUND'],
    ['clips/game.mp4/more', 'E_SOURCE_NOT_FOUND'],
    ['clips/game.mp4\0.jpg', 'E_SOURCE_NOT_FOUND'],
    ['x'.repeat(4096), 'E_SOURCE_NOT_FOUND'],
    ['clips', 'E_SOURCE_NOT_A_FILE'],
    ['.', 'E_SOURCE_NOT_A_FILE'],
    ['empty.mp4', 'E_SOURCE_EMPTY'],
    ['link.mp4', 'E_SOURCE_FORBIDDEN'],
    ['linked/secret.mp4', 'E_SOURCE_FORBIDDEN'],
    ['linked/absent.mp4', 'E_SOURCE_FORBIDDEN'],
    ['dangling', 'E_SOURCE_FORBIDDEN'],
    ['loop', 'E_SOURCE_FORBIDDEN'],
    ['../media-private/secret.mp4', 'E_SOURCE_FORBIDDEN'],
    ['../../../../../../../../etc/passwd', 'E_SOURCE_FORBIDDEN'],
    ['$/media-private/secret.mp4', 'E_SOURCE_FORBIDDEN'],
    ['$/media-private/absent.mp4', 'E_SOURCE_FORBIDDEN'],
    ['/etc/passwd', 'E_SOURCE_FORBIDDEN'],
    ['/etc/absent', 'E_SOURCE_FORBIDDEN'],
    ['/dev/zero', 'E_SOURCE_FORBIDDEN'],
    ['/proc/self/environ', 'E_SOURCE_FORBIDDEN'],
    ['file:/etc/passwd', 'E_SOURCE_NOT_FOUND'],
    ['file:///etc/passwd', 'E_SOURCE_NOT_FOUND'],
    ['concat:/etc/passwd|/etc/hosts', 'E_SOURCE_NOT_FOUND'],
    ['subfile,,start,0,end,9,,:/etc/passwd', 'E_SOURCE_NOT_FOUND'],
    ['data:video/mp4;base64,AAAA', 'E_SOURCE_NOT_FOUND'],
    ['pipe:0', 'E_SOURCE_NOT_FOUND'],
    ['http://127.0.0.1/x', 'E_SOURCE_NOT_FOUND'],
  ])('%s is refused', async (given, code) => {
    await expect(path(given)).rejects.toMatchObject({ code });
  });

  it('is refused in the same words outside, whether or not it exists', async () => {
    const words = async (given: string) => path(given).catch((error: Error) => error.message);
    const messages = await Promise.all(
      ['/etc/passwd', '/etc/absent', 'linked/secret.mp4', 'linked/absent.mp4', 'dangling'].map(words),
    );
    expect(new Set(messages).size).toBe(1);
  });
});

describe('a device', () => {
  const ask = (path: string, devices?: string[]) =>
    resolveSource({ path }, { ...policy, ...(devices ? { devices } : {}) });

  it('is opened when it is listed, by exactly that name', async () => {
    await expect(ask('/dev/null', ['/dev/null'])).resolves.toEqual({ kind: 'device', path: '/dev/null' });
  });

  it.each([
    ['/dev/null', undefined, 'E_SOURCE_FORBIDDEN'],
    ['/dev/null', ['/dev/video0'], 'E_SOURCE_FORBIDDEN'],
    ['/dev/../dev/null', ['/dev/null'], 'E_SOURCE_FORBIDDEN'],
    ['/dev/video99', ['/dev/video99'], 'E_SOURCE_NOT_FOUND'],
    ['/etc/passwd', ['/etc/passwd'], 'E_SOURCE_FORBIDDEN'],
  ])('%s with %j listed is refused', async (path, devices, code) => {
    await expect(ask(path, devices)).rejects.toMatchObject({ code });
  });
});

describe('an upload', () => {
  it('is found under its id', async () => {
    await expect(resolveSource({ upload: 'up_1' }, policy)).resolves.toEqual({
      kind: 'file',
      path: join(root, 'data/uploads/up_1'),
    });
  });
  it.each(['up_2', 'up_link', '../uploads/up_1', '', '/etc/passwd'])('%s is not found', async (id) => {
    await expect(resolveSource({ upload: id }, policy)).rejects.toMatchObject({ code: 'E_UPLOAD_NOT_FOUND' });
  });
  it('is not found by a service without a data directory', async () => {
    const { dataDir: _, ...without } = policy;
    await expect(resolveSource({ upload: 'up_1' }, without)).rejects.toMatchObject({
      code: 'E_UPLOAD_NOT_FOUND',
    });
  });
});

describe('a URL', () => {
  it.each([
    ['rtsp://public.example/live', 'rtsp://public.example/live', 'live'],
    ['RTSP://u:p@public.example:80/live?x=1', 'rtsp://u:p@public.example:80/live?x=1', 'live'],
    ['rtsp://public.example:21/', 'rtsp://public.example:21/', 'live'],
    ['rtsps://camera.example:322/1', 'rtsps://camera.example:322/1', 'live'],
    ['rtsp://192.168.7.20/1', 'rtsp://192.168.7.20/1', 'live'],
    ['rtsp://[2001:db8::5]:554/1', 'rtsp://[2001:db8::5]:554/1', 'live'],
    ['https://public.example/a.mp4#t=3', 'https://public.example/a.mp4', 'file'],
    ['https://public.example/a.m3u8', 'https://public.example/a.m3u8', 'live'],
    ['http://u:p@ss@public.example/video.mjpg', 'http://u:p%40ss@public.example/video.mjpg', 'live'],
    ['http://8.8.8.8/a.mp4', 'http://8.8.8.8/a.mp4', 'file'],
  ])('%s is allowed', async (given, expected, mode) => {
    await expect(url(given)).resolves.toMatchObject({ kind: 'url', url: expected, mode });
  });

  it.each([
    'file:///etc/passwd',
    'file://public.example/etc/passwd',
    'gopher://public.example/',
    'ftp://public.example/a.mp4',
    'data:video/mp4;base64,AAAA',
    'concat:http://public.example/a|http://127.0.0.1/b',
    'concat://public.example/a',
    'subfile,,start,0,end,9,,:http://public.example/',
    'crypto+http://public.example/a',
    'tcp://public.example:6379',
    'udp://239.0.0.1:1234',
    'rtmp://public.example/live',
    'unix:///run/redis.sock',
    'pipe:0',
    'http:public.example/a',
    'http:///public.example/a',
    'http://',
    'not a url',
    '-i',
    'http://127.0.0.1/',
    'http://127.1/',
    'http://0x7f000001/',
    'http://2130706433/',
    'http://017700000001/',
    'http://127.0.0.1./',
    'http://%31%32%37.0.0.1/',
    'http://①②⑦.0.0.1/',
    'rtsp://0x7f000001/',
    'rtsp://2130706433/',
    'rtsp://127.1:554/',
    'http://0.0.0.0/',
    'http://0/',
    'http://10.0.0.1/',
    'http://172.16.0.1/',
    'http://192.168.1.1/',
    'http://100.64.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
    'http://198.18.0.1/',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[::127.0.0.1]/',
    'http://[fe80::1]/',
    'http://[fe80::1%25eth0]/',
    'http://[fc00::1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://[4000::1]/',
    'http://localhost/',
    'http://inside.example/',
    'http://mixed.example/',
    'http://mapped.example/',
    'http://nonsense.example/',
    'http://metadata.google.internal/',
    'http://8.8.8.8@127.0.0.1/',
    'http://public.example\\@127.0.0.1/',
    'http://public.example\t@127.0.0.1/',
    'http://public.example/\r\nHost: inside.example',
    'http://public.example:99999/',
  ])('%s is refused', async (given) => {
    await expect(url(given)).rejects.toMatchObject({ code: 'E_SOURCE_FORBIDDEN' });
  });

  it('with a name that does not resolve is unreachable', async () => {
    await expect(url('rtsp://absent.example/')).rejects.toMatchObject({ code: 'E_SOURCE_UNREACHABLE' });
  });

  it('is never looked up when its host is an address or its scheme is refused', async () => {
    asked.length = 0;
    await Promise.allSettled(['http://0x7f.1/', 'rtsp://[::1]/', 'ftp://public.example/'].map(url));
    expect(asked).toEqual([]);
  });

  it('of a listed network is allowed, of the next one not', async () => {
    await expect(url('rtsp://192.168.7.255/')).resolves.toMatchObject({ addresses: ['192.168.7.255'] });
    await expect(url('rtsp://192.168.8.0/')).rejects.toMatchObject({ code: 'E_SOURCE_FORBIDDEN' });
    await expect(url('rtsp://[::ffff:192.168.7.1]/')).resolves.toMatchObject({ addresses: ['192.168.7.1'] });
  });

  it('meets a clear error when the operator lists something that is no network', async () => {
    const wrong = { ...policy, sourceNetworks: ['camera-lan'] };
    await expect(resolveSource({ url: 'rtsp://public.example/' }, wrong)).rejects.toMatchObject({
      code: 'E_CONFIG',
      message: expect.stringContaining('camera-lan'),
    });
  });
});
