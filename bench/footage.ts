// Footage for measurements: small, cheap to decode, every frame sampled, so that the model is what limits.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface BenchFootage {
  readonly directory: string;
  readonly path: string;
  remove(): void;
}

/** Makes a clip of moving test patterns: 10 fps, `seconds` long. */
export function makeFootage({ seconds, sizePx = 160 }: { seconds: number; sizePx?: number }): BenchFootage {
  const directory = mkdtempSync(join(tmpdir(), 'verbcast-bench-'));
  const path = join(directory, 'footage.mp4');
  const source = `testsrc2=size=${sizePx}x${sizePx}:rate=10`;
  const encoding = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];
  execFileSync('ffmpeg', [
    '-v',
    'error',
    '-f',
    'lavfi',
    '-t',
    String(seconds),
    '-i',
    source,
    ...encoding,
    path,
  ]);
  return { directory, path, remove: () => rmSync(directory, { recursive: true, force: true }) };
}
