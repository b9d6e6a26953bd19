// Clips back to back, made by ffmpeg: footage with known boundaries.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Service } from '../../runtime/shutdown.ts';

const run = promisify(execFile);
const FPS = 25;

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

const PICTURE = `fps=${FPS},scale=340:256:force_original_aspect_ratio=increase,crop=340:256,setsar=1,format=yuv420p`;
const ENCODING = ['-an', '-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '18'];
const ffmpeg = (...rest: string[]) => run('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...rest]);

/** Makes one mp4, 340 × 256, of the parts in order; a clip shorter than its part is looped. */
export async function makeReel(parts: readonly ReelPart[]): Promise<Reel> {
  const directory = await mkdtemp(join(tmpdir(), 'verbcast-reel-'));
  const path = join(directory, 'reel.mp4');
  let start = 0;
  const placed = [];
  for (const [i, part] of parts.entries()) {
    const { source, seconds } = part;
    // First a clean file: some containers cannot be looped as they are.
    const clean = join(directory, `clean-${i}.mp4`);
    const input = 'file' in source ? ['-i', source.file] : ['-f', 'lavfi', '-i', source.lavfi];
    await ffmpeg('-t', String(seconds), ...input, '-vf', PICTURE, ...ENCODING, clean);
    const looped = ['-stream_loop', '-1', '-i', clean, '-t', String(seconds)];
    await ffmpeg(...looped, ...ENCODING, join(directory, `part-${i}.mp4`));
    placed.push({ ...part, start, end: start + seconds });
    start += seconds;
  }
  const list = join(directory, 'parts.txt');
  await writeFile(list, parts.map((_, i) => `file part-${i}.mp4\n`).join(''));
  await ffmpeg('-f', 'concat', '-i', list, '-c', 'copy', path);
  return { path, parts: placed, close: () => rm(directory, { recursive: true, force: true }) };
}
