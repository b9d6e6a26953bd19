// Which ffmpeg runs.
import { describe, expect, it } from 'vitest';
import { findFfmpeg } from '../../ingest/ffmpeg-path.ts';

describe('findFfmpeg', () => {
  it('takes the one that is configured', async () => {
    expect(await findFfmpeg(process.execPath)).toBe(process.execPath);
  });

  it.each(['/nowhere/ffmpeg', import.meta.filename])('says so when %s cannot be run', async (path) => {
    await expect(findFfmpeg(path)).rejects.toMatchObject({
      code: 'E_FFMPEG_MISSING',
      message: expect.stringContaining('FFMPEG_PATH'),
    });
  });

  it('falls back to a bundled one or the PATH', async () => {
    expect(await findFfmpeg()).toMatch(/ffmpeg$/);
  });
});
