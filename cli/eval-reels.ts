// Reels of a data set's clips: cut by ffmpeg into a temporary folder, told as a stream would tell them, removed again.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EmbeddedClip } from '../evaluation/embedded-clips.ts';
import type { Recogniser } from '../evaluation/recogniser.ts';
import { meanScores, tellReel } from '../evaluation/reel.ts';
import { planReel, type ReelPlan, truthOf } from '../evaluation/reel-plan.ts';
import type { ReelReport } from '../evaluation/report.ts';
import type { EventScores } from '../models/event-metrics.ts';
import { LabelSetInput, toLabelSet } from '../protocol/labels.ts';
import { PipelineError } from '../runtime/errors.ts';
import { cutReel } from './cut-reel.ts';

/** Clips of a reel, each of another label. */
const CLIPS_PER_REEL = 12;

export interface ReelOptions {
  readonly recogniser: Recogniser;
  readonly sampleFps: number;
  readonly prompts: string;
  /** Reels, each another random choice of clips. */
  readonly count: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/**
 * Makes and judges reels of the data set's clips.
 * @throws E_DATASET_INVALID when there are too few labels with a clip of 4 s or more; E_DECODE_FAILED
 */
export async function evaluateReels(
  clips: readonly EmbeddedClip[],
  options: ReelOptions,
): Promise<ReelReport> {
  const { count, sampleFps } = options;
  const whole = clips.filter(({ span }) => span === undefined);
  const candidates = whole.map(({ path, label, times }) => ({
    path,
    label,
    // Up to the last sampled frame; what follows it may be a moment.
    seconds: times.length / sampleFps - 1 / sampleFps,
  }));
  const plans = Array.from({ length: count }, (_, i) =>
    planReel(candidates, { count: CLIPS_PER_REEL, seed: i + 1 }),
  ).flatMap((plan) => (plan ? [plan] : []));
  if (plans.length === 0) {
    throw new PipelineError(
      'E_DATASET_INVALID',
      `Expected ${CLIPS_PER_REEL} labels with a clip of 4 s or more, and clips of other labels to go between; got too few for a reel.`,
    );
  }
  const results: Record<string, EventScores>[] = [];
  for (const [i, plan] of plans.entries()) {
    options.say(`reel ${i + 1} of ${plans.length}`);
    results.push(await judgeReel(plan, options));
  }
  const names = Object.keys(results[0] ?? {});
  return {
    reels: plans.length,
    clipsPerReel: CLIPS_PER_REEL,
    secondsPerReel: plans.reduce((sum, { seconds }) => sum + seconds, 0) / plans.length,
    ways: Object.fromEntries(
      names.map((name) => [
        name,
        meanScores(results.flatMap((ways) => (ways[name] === undefined ? [] : [ways[name]]))),
      ]),
    ),
  };
}

async function judgeReel(
  plan: ReelPlan,
  { recogniser, sampleFps, prompts, signal }: ReelOptions,
): Promise<Record<string, EventScores>> {
  const directory = await mkdtemp(join(tmpdir(), 'verbcast-reel-'));
  const path = join(directory, 'reel.mp4');
  try {
    await cutReel(plan, { ffmpeg: recogniser.ffmpeg, path, signal });
    const { times, embeddings, trouble } = await recogniser.embedClip({ path, sampleFps }, signal);
    if (trouble) throw trouble;
    const labelSet = toLabelSet(LabelSetInput.parse({ labels: plan.labels, templates: prompts }), 1);
    return tellReel(
      { times, embeddings, truth: truthOf(plan), seconds: plan.seconds },
      { labelSet, vectors: await recogniser.vectorsFor(labelSet), scoring: recogniser.description },
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
