// Whether the ffmpeg that is there can be used.
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readFfmpegVersion } from '../../ingest/decoder-version.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'verbcast-version-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function program(version: string, libavformat: string): Promise<string> {
  const path = join(directory, version);
  await writeFile(
    path,
    `#!/bin/sh\necho 'ffmpeg version ${version} Copyright'\necho 'libavformat    ${libavformat} / x'\n`,
  );
  await chmod(path, 0o755);
  return path;
}

it('knows the installed one', async () => {
  expect((await readFfmpegVersion('ffmpeg')).libavformat.major).toBeGreaterThanOrEqual(59);
});

it('goes by the library, whatever a build calls itself', async () => {
  expect(await readFfmpegVersion(await program('N-109542-g1bf1635', '59. 36.100'))).toEqual({
    version: 'N-109542-g1bf1635',
    libavformat: { major: 59, minor: 36 },
  });
  await expect(readFfmpegVersion(await program('5.0.1', '59. 16.100'))).rejects.toMatchObject({
    code: 'E_FFMPEG_MISSING',
    message: 'Expected ffmpeg 5.1 or newer, got 5.0.1.',
  });
});

it('says how to get one', async () => {
  await expect(readFfmpegVersion(join(directory, 'absent'))).rejects.toMatchObject({
    code: 'E_FFMPEG_MISSING',
    message: expect.stringContaining('Install ffmpeg'),
  });
});
