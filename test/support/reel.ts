// Clips back to back, made by ffmpeg: footage with known boundaries.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Service } from '../../runtime/shutdown.ts';

const run = promisify(execFile);

export interface ReelPart {
  /** A file, or a source of ffmpeg's lavfi such as `testsrc2`. */
  readonly source: { readonly file: string } | { readonly lavfi: string };
  readonly label: string;
  readonly seconds: number;
}

export interface Reel extends Service {
  readonly path: string;
  readonly parts: readonly (ReelPart & { readonly start: number; readonly end: number })[];
}

/** Makes one mp4, 340 × 256 at 25 fps, of the parts in order; a clip shorter than its part is looped. */
export async function makeReel(parts: readonly ReelPart[]): Promise<Reel> {
  const directory = await mkdtemp(join(tmpdir(), 'verbcast-reel-'));
  const path = join(directory, 'reel.mp4');
  const inputs = parts.flatMap(({ source, seconds }) =>
    'file' in source
      ? ['-stream_loop', '-1', '-t', String(seconds), '-i', source.file]
      : ['-f', 'lavfi', '-t', String(seconds), '-i', source.lavfi],
  );
  const filters = parts.map(
    ({ seconds }, i) =>
      `[${i}:v]fps=25,scale=340:256:force_original_aspect_ratio=increase,crop=340:256,setsar=1,format=yuv420p,trim=duration=${seconds},setpts=PTS-STARTPTS[v${i}]`,
  );
  const joined = `${parts.map((_, i) => `[v${i}]`).join('')}concat=n=${parts.length}:v=1[out]`;
  const output = ['-map', '[out]', '-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '18', path];
  await run('ffmpeg', [
    '-nostdin',
    '-v',
    'error',
    '-y',
    ...inputs,
    '-filter_complex',
    [...filters, joined].join(';'),
    ...output,
  ]);
  let start = 0;
  const placed = parts.map((part) => {
    const here = { ...part, start, end: start + part.seconds };
    start = here.end;
    return here;
  });
  return { path, parts: placed, close: () => rm(directory, { recursive: true, force: true }) };
}
