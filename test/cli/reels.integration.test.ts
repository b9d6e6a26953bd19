// Reels with known boundaries: cut where the plan says, and told by the defaults far better than frame by frame.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cutReel } from '../../cli/cut-reel.ts';
import { openRecognition } from '../../cli/recognition.ts';
import { readDataset } from '../../evaluation/dataset.ts';
import { tellReel } from '../../evaluation/reel.ts';
import { planReel, type ReelPlan, truthOf } from '../../evaluation/reel-plan.ts';
import { decodeFrames } from '../../ingest/decoder.ts';
import { LabelSetInput, toLabelSet } from '../../protocol/labels.ts';
import { CLIPS_DIR, hasSharedMaterial, SHARED_MODELS_DIR } from '../support/footage.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'verbcast-reels-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));
const { signal } = new AbortController();

test('every part begins on the sampling grid where the plan says, also after one that is too short', async () => {
  const shades = [
    ['black', 0, 2],
    ['white', 255, 1.2],
    ['gray', 128, 2],
  ] as const;
  const parts = shades.map(([colour, , seconds]) => {
    const path = join(root, `${colour}.mp4`);
    const source = ['-f', 'lavfi', '-i', `color=${colour}:size=64x64:rate=25`, '-t', String(seconds)];
    execFileSync('ffmpeg', ['-v', 'error', ...source, path]);
    return { path, label: colour, seconds: 1.5 };
  });
  const path = join(root, 'reel.mp4');
  await cutReel({ parts }, { ffmpeg: 'ffmpeg', path, signal });
  const geometry = { sizePx: 16, resizePx: 16, resize: 'exact', resample: 'bilinear' } as const;
  const seen: number[] = [];
  for await (const { pixels } of decodeFrames({ ffmpeg: 'ffmpeg', path, geometry, sampleFps: 2 }, signal))
    seen.push(Math.round((pixels[0] ?? 0) / 64) * 64);
  expect(seen).toEqual([0, 0, 0, 256, 256, 256, 128, 128, 128]);
});

/** The clips of the shared manifest with their length, which it names. */
async function sharedPlan(seed: number): Promise<ReelPlan> {
  const manifest = join(CLIPS_DIR, 'manifest.tsv');
  const [head = '', ...rows] = readFileSync(manifest, 'utf8').trim().split('\n');
  const column = (name: string) => head.split('\t').indexOf(name);
  const seconds = new Map(
    rows
      .map((row) => row.split('\t'))
      .map((cells) => [cells[column('file')], Number(cells[column('seconds')])]),
  );
  const { clips } = await readDataset(manifest);
  const candidates = clips.map(({ path, file, label }) => ({
    path,
    label,
    seconds: (seconds.get(file) ?? 0) - 0.5,
  }));
  const plan = planReel(candidates, { count: 12, seed });
  if (!plan) throw new Error('Expected clips for a reel.');
  return plan;
}

test.skipIf(!hasSharedMaterial)(
  'twelve real clips with 3 s of unrelated footage between: the defaults beat the arg-max of each frame by a wide margin (skips without ../shared)',
  async () => {
    const env = { MODELS_DIR: SHARED_MODELS_DIR, MODEL: 'scout', DATA_DIR: root };
    const { recogniser } = await openRecognition(env);
    try {
      const plan = await sharedPlan(2);
      const path = join(root, 'real.mp4');
      await cutReel(plan, { ffmpeg: 'ffmpeg', path, signal });
      const { times, embeddings } = await recogniser.embedClip({ path, sampleFps: 2 }, signal);
      const labelSet = toLabelSet(LabelSetInput.parse({ labels: plan.labels }), 1);
      const { defaults, ...others } = tellReel(
        { times, embeddings, truth: truthOf(plan), seconds: plan.seconds },
        { labelSet, vectors: await recogniser.vectorsFor(labelSet), scoring: recogniser.description },
      );
      const argMax = others['arg-max of each frame'];
      if (!defaults || !argMax) throw new Error('Expected both ways.');
      expect(defaults.f1).toBeGreaterThan(argMax.f1 + 0.2);
      expect(defaults.falsePerMinute).toBeLessThan(argMax.falsePerMinute / 3);
      expect(defaults.meanDelaySeconds).toBeLessThan(3);
    } finally {
      await recogniser.close();
    }
  },
);
