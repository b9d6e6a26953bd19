// A plan → a reel: clips back to back, every boundary where the plan says.
import { spawn } from 'node:child_process';
import type { ReelPlan } from '../evaluation/reel-plan.ts';
import { PipelineError } from '../runtime/errors.ts';

const SIZE = '456:256';
/** Half a second is a whole number of frames. */
const FPS = 30;

/** Cuts the reel of a plan to `path`, as mp4. @throws E_DECODE_FAILED; the signal's reason */
export async function cutReel(
  { parts }: Pick<ReelPlan, 'parts'>,
  { ffmpeg, path, signal }: { ffmpeg: string; path: string; signal: AbortSignal },
): Promise<void> {
  const inputs = parts.flatMap((part) => ['-t', String(part.seconds), '-i', part.path]);
  const shots = parts.map(
    ({ seconds }, i) =>
      `[${i}:v]fps=${FPS},scale=${SIZE}:force_original_aspect_ratio=increase,crop=${SIZE},setsar=1,format=yuv420p,` +
      // A part that is a frame short is filled up with its last one, so that every boundary is where it should be.
      `tpad=stop_mode=clone:stop_duration=2,trim=duration=${seconds},setpts=PTS-STARTPTS[v${i}]`,
  );
  const joined = `${parts.map((_, i) => `[v${i}]`).join('')}concat=n=${parts.length}:v=1[out]`;
  const encoding = ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '18'];
  const filters = ['-filter_complex', [...shots, joined].join(';'), '-map', '[out]'];
  await runFfmpeg(
    ffmpeg,
    ['-nostdin', '-v', 'error', '-y', ...inputs, ...filters, ...encoding, path],
    signal,
  );
}

function runFfmpeg(ffmpeg: string, args: readonly string[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(ffmpeg, args, { stdio: ['ignore', 'ignore', 'pipe'], signal });
    let tail = '';
    child.stderr.on('data', (chunk: Buffer) => {
      tail = (tail + chunk).slice(-1_000);
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new PipelineError('E_DECODE_FAILED', `A reel could not be cut: ${tail.trim()}`));
    });
  });
}
