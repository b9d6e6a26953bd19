// What one ffmpeg may take, and what it may know.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { decoderEnvironment } from '../../ingest/config.ts';
import { findLimiter, unlimited } from '../../ingest/decoder-limits.ts';

const run = promisify(execFile);
const MIB = 2 ** 20;

describe('a limiter', () => {
  it('sets the limits and becomes the program', async () => {
    const limiter = await findLimiter();
    if (!limiter) throw new Error('Expected prlimit, of util-linux.');
    const { program, args } = limiter('cat', ['/proc/self/limits'], {
      memoryBytes: 1_024 * MIB,
      cpuSeconds: 60,
    });
    const { stdout } = await run(program, args);
    const limitOf = (name: string) => new RegExp(`^${name} +(\\S+)`, 'm').exec(stdout)?.[1];
    expect(limitOf('Max address space')).toBe(String(1_024 * MIB));
    expect(limitOf('Max cpu time')).toBe('60');
    expect(limitOf('Max core file size')).toBe('0');
    expect(limitOf('Max open files')).toBe('256');
  });

  it('leaves what is not limited as it is', async () => {
    const limiter = (await findLimiter()) ?? unlimited;
    expect(limiter('x', ['y'], {}).args.join(' ')).not.toMatch(/--(as|cpu)/);
    expect(unlimited('x', ['y'], { cpuSeconds: 1 })).toEqual({ program: 'x', args: ['y'] });
  });

  it('leaves ffmpeg enough for the largest pictures that are common', async () => {
    const limiter = (await findLimiter()) ?? unlimited;
    const picture = ['-f', 'lavfi', '-i', 'testsrc2=s=7680x4320:d=1:r=5', '-threads', '4', '-c:v', 'mjpeg'];
    const { program, args } = limiter('ffmpeg', ['-v', 'error', ...picture, '-f', 'null', '-'], {
      memoryBytes: 2_048 * MIB,
    });
    await expect(run(program, args)).resolves.toBeDefined();
  });
});

it('a decoder knows where programs and drivers are, and none of the secrets', () => {
  const env = decoderEnvironment({
    ...{ PATH: '/usr/bin', HOME: '/root', LD_LIBRARY_PATH: '/opt/lib', LIBVA_DRIVER_NAME: 'iHD' },
    ...{
      REDIS_URL: 'redis://:secret@redis',
      AUTH_JWT_SECRET: 'x',
      HTTP_PROXY: 'http://p',
      http_proxy: 'http://p',
    },
    ...{ no_proxy: '*', NODE_OPTIONS: '--inspect', LD_PRELOAD: '/x.so' },
  });
  expect(Object.keys(env).sort()).toEqual(['HOME', 'LD_LIBRARY_PATH', 'LIBVA_DRIVER_NAME', 'PATH']);
});
