// What unchanged frames save: a square that people walk over, and the same square with nobody moving.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { download, unpack } from '../cli/demo-reel.ts';
import type { Client } from '../client/client.ts';
import type { FrameScores } from '../protocol/event.ts';
import { startPipeline } from './pipeline.ts';

/** The film of Debian's opencv-doc: a fixed camera, people crossing a square in nearly every picture; 79.5 s. */
const WALKING = { package: 'opencv-doc', file: 'usr/share/doc/opencv-doc/examples/data/vtest.avi' };
const CACHE = '.cache/bench';
const STILL_SECONDS = 60;
const LABELS = ['people walking', 'riding a bike', 'playing soccer', 'cleaning the floor'];
/** Luma differences: only the very same pixels, the default, and two that look away more. */
const THRESHOLDS = [0, 2, 4, 8];

/** Frames reused, and frames whose best answer changed by that, for each threshold. */
export async function stillScenesBench(): Promise<Record<string, string>> {
  const directory = await makeFootage();
  const results: Record<string, string> = {};
  const before = new Map<string, readonly FrameScores[]>();
  for (const threshold of THRESHOLDS) {
    const pipeline = await startPipeline({ MEDIA_DIRS: directory, STILL_THRESHOLD: String(threshold) });
    try {
      results.model = `${pipeline.workers.model} on ${pipeline.workers.provider}`;
      for (const name of ['walking.avi', 'still.mp4']) {
        const { frames, embedded, reused } = await run(pipeline.client, join(directory, name));
        const reference = before.get(name) ?? frames;
        before.set(name, reference);
        const changed = frames.filter((frame, i) => bestOf(frame) !== bestOf(reference[i])).length;
        const percent = (part: number) => `${((100 * part) / (embedded + reused)).toFixed(1)} %`;
        results[`${name}, threshold ${threshold}: frames reused; best answer changed`] =
          `${percent(reused)} of ${embedded + reused}; ${percent(changed)}`;
      }
    } finally {
      await pipeline.close();
    }
  }
  return results;
}

async function run(client: Client, path: string) {
  const { id } = await client.createStream({ source: { path }, labels: LABELS });
  const frames: FrameScores[] = [];
  for await (const event of client.watch(id)) if (event.type === 'scores') frames.push(...event.frames);
  const { counters } = await client.stream(id);
  return { frames, ...counters };
}

/** The background counts as an answer. */
function bestOf(frame: FrameScores | undefined): string {
  const [best] = frame?.top ?? [];
  return best && best.score >= (frame?.background ?? 0) ? best.label : '';
}

/** Fetches the film once; of its first picture makes the film of a camera before which nothing moves, with its noise. */
async function makeFootage(): Promise<string> {
  mkdirSync(CACHE, { recursive: true });
  const directory = join(process.cwd(), CACHE);
  const [walking, still] = [join(directory, 'walking.avi'), join(directory, 'still.mp4')];
  if (!existsSync(walking)) {
    await download([WALKING.package], directory);
    await unpack(directory, WALKING.package, WALKING.file);
    execFileSync('sh', ['-c', `mv '${WALKING.file}' walking.avi && rm -rf usr *.deb`], { cwd: directory });
  }
  if (!existsSync(still)) {
    const picture = join(directory, 'first.png');
    execFileSync('ffmpeg', ['-v', 'error', '-y', '-i', walking, '-frames:v', '1', picture]);
    const noise = 'noise=alls=8:allf=t,format=yuv420p';
    const input = ['-loop', '1', '-i', picture, '-t', String(STILL_SECONDS), '-r', '10'];
    execFileSync('ffmpeg', [
      '-v',
      'error',
      '-y',
      ...input,
      '-vf',
      noise,
      '-c:v',
      'libx264',
      '-crf',
      '23',
      still,
    ]);
  }
  return directory;
}
