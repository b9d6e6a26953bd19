import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openProgramDirectory } from '../support/program.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

let home: Awaited<ReturnType<typeof openProgramDirectory>>;
let sandbox: Sandbox;
beforeAll(async () => {
  home = await openProgramDirectory();
  sandbox = await openSandbox();
});
afterAll(async () => {
  await home?.close();
  await sandbox?.close();
});

async function doctor(env: Record<string, string>): Promise<{ code: number | null; text: string }> {
  const program = home.start(['doctor'], env);
  return { code: await program.ended, text: program.stdout() };
}

test('the stand-in is a warning with the way to real CLIP, not a failure', async () => {
  const { code, text } = await doctor({ MODEL: '' });
  expect(code).toBe(0);
  expect(text).toMatch(/! model +pocket .*stand-in\n +For real CLIP: npx verbcast models pull/);
});

test('a shared Redis is asked for its version and its eviction policy', async () => {
  const redis = sandbox.open();
  expect((await doctor({ REDIS_URL: sandbox.url })).text).toMatch(
    /✓ Redis +\d\S+ at unix:.*maxmemory-policy noeviction/,
  );
  await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
  const { code, text } = await doctor({ REDIS_URL: sandbox.url });
  expect(code).toBe(0);
  expect(text).toMatch(/! Redis .*allkeys-lru\n +.*config set maxmemory-policy noeviction/);
});

test.each([
  [
    'a Redis that does not answer',
    { REDIS_URL: 'redis://u:secret@127.0.0.1:1' },
    /✗ Redis .*does not answer/,
  ],
  ['an ffmpeg that is not there', { FFMPEG_PATH: '/nowhere/ffmpeg' }, /✗ ffmpeg .*E_FFMPEG_MISSING/],
  ['a model that is not known', { MODEL: 'pockett' }, /✗ model .*E_MODEL_UNKNOWN.*Did you mean pocket/],
  ['a setting that cannot be read', { WORKERS: 'many' }, /✗ settings .*\n +WORKERS: /],
  [
    'CUDA that is asked for and not there',
    { EXECUTION_PROVIDER: 'cuda' },
    /✗ inference .*\n.*npm rebuild onnxruntime-node/,
  ],
])(
  '%s is missing: exit code 1, and no secret in the text',
  async (_what, env: Record<string, string>, finding) => {
    const { code, text } = await doctor(env);
    expect(code).toBe(1);
    expect(text).toMatch(finding);
    expect(text).not.toContain('secret');
  },
);

test('settings come from .env in the working directory; the environment itself wins over it', async () => {
  const file = join(home.directory, '.env');
  await writeFile(file, 'WORKERS=many\nBATCH_FRAMES=8\n');
  expect((await doctor({})).text).toMatch(/✗ settings .*\n +WORKERS: /);
  expect((await doctor({ WORKERS: '2' })).text).toMatch(/✓ settings /);
  await rm(file);
});
