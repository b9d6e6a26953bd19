// Clips decoded again for their pixels: which frames would count as unchanged.
import { decodeFrames } from '../ingest/decoder.ts';
import { PipelineError } from '../runtime/errors.ts';
import type { EmbeddedClip } from './embedded-clips.ts';
import type { Recogniser } from './recogniser.ts';
import { measureStillness, type StillClip, StillFrames, type StillnessReport } from './stillness.ts';

/** Measures stillness over clips that have been embedded; each is decoded once more, and nothing is embedded. */
export async function evaluateStillness(
  clips: readonly EmbeddedClip[],
  options: {
    recogniser: Recogniser;
    sampleFps: number;
    prompts: string;
    labels: readonly string[];
    threshold: number;
    signal: AbortSignal;
    say: (line: string) => void;
  },
): Promise<StillnessReport> {
  const { recogniser, prompts, labels, threshold, say } = options;
  const still: StillClip[] = [];
  for (const [i, clip] of clips.entries()) {
    say(`looking for unchanged frames: ${i + 1} of ${clips.length}`);
    still.push(await findStill(clip, options));
  }
  const vectors = await recogniser.vectorsFor({
    labels: labels.map((name) => ({ name, prompts: [name], not: [] })),
    templates: prompts,
    background: undefined,
  });
  return measureStillness(still, { vectors, scoring: recogniser.description, threshold });
}

async function findStill(
  { path, span, embeddings }: EmbeddedClip,
  {
    recogniser,
    sampleFps,
    threshold,
    signal,
  }: { recogniser: Recogniser; sampleFps: number; threshold: number; signal: AbortSignal },
): Promise<StillClip> {
  const { ffmpeg, description } = recogniser;
  const frames = new StillFrames(threshold);
  const startFrame = Math.ceil((span?.from ?? 0) * sampleFps);
  let count = 0;
  try {
    const request = { ffmpeg, path, geometry: description.geometry, sampleFps, startFrame };
    for await (const frame of decodeFrames(request, signal)) {
      if (count++ === embeddings.length) break;
      frames.add(frame);
    }
  } catch (error) {
    // It breaks off where it broke off before.
    if (!(error instanceof PipelineError)) throw error;
  }
  frames.end();
  return { embeddings, taken: frames.taken.slice(0, embeddings.length) };
}
