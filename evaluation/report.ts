// Embedded clips → the figures of `verbcast eval`.
import type { EventScores } from '../models/event-metrics.ts';
import { DEFAULT_POOLING, POOLINGS } from '../models/pooling.ts';
import { comparedTexts } from '../models/scorer.ts';
import { type AccuracyReport, measureAccuracy } from './accuracy.ts';
import { poolClips } from './clip-similarities.ts';
import type { Dataset } from './dataset.ts';
import type { EmbeddedClip, EmbeddedDataset } from './embedded-clips.ts';
import { type FewShotResult, measureFewShot } from './few-shot.ts';
import type { Recogniser } from './recogniser.ts';
import { measureRejection, type RejectionReport } from './rejection.ts';
import type { StillnessReport } from './stillness.ts';

/** What `verbcast eval` measured. Shares are 0..1; `n`, `top1` and `top5` are those of the default strategy. */
export interface EvalReport extends AccuracyReport {
  readonly dataset: string;
  readonly form: Dataset['form'];
  readonly labels: number;
  readonly model: string;
  readonly provider: string;
  readonly sampleFps: number;
  /** The default strategy. */
  readonly strategy: { readonly prompts: string; readonly pooling: string };
  readonly rejection: RejectionReport | null;
  readonly fewShot: readonly FewShotResult[];
  /** Clips that could not be read, or not to their end. */
  readonly unreadable: EmbeddedDataset['troubles'];
  readonly reels?: ReelReport;
  readonly stillScenes?: StillnessReport;
}

/** How actions were told on reels made of the data set's clips; figures are means over the reels. */
export interface ReelReport {
  readonly reels: number;
  readonly clipsPerReel: number;
  readonly secondsPerReel: number;
  readonly ways: Readonly<Record<string, EventScores>>;
}

export interface ReportInput {
  readonly dataset: Dataset;
  readonly embedded: EmbeddedDataset;
  readonly recogniser: Recogniser;
  readonly sampleFps: number;
  /** The template set of the default strategy. */
  readonly prompts: string;
}

/** Measures everything that follows from whole clips. @throws E_LABELS_INVALID for an unknown template set; E_INFERENCE */
export async function buildReport(input: ReportInput): Promise<EvalReport> {
  const { dataset, embedded, recogniser, sampleFps, prompts } = input;
  const { description, provider, templateSets } = recogniser;
  const { labels } = dataset;
  const { logitScale } = description;
  const clips = embedded.clips.flatMap((clip) => (isLabelled(clip) ? [clip] : []));
  const words = {
    labels: labels.map((name) => ({ name, prompts: [name], not: [] })),
    background: undefined,
  };
  const sets = [...new Set([prompts, ...Object.keys(templateSets)])];
  const vectors = new Map(
    await Promise.all(
      sets.map(
        async (templates) => [templates, await recogniser.vectorsFor({ ...words, templates })] as const,
      ),
    ),
  );
  const textsOf = (name: string) => vectors.get(name)?.labels.map(({ vector }) => vector) ?? [];
  const main = vectors.get(prompts);
  const logits = poolClips(
    embedded.clips.map(({ embeddings }) => embeddings),
    main ? comparedTexts(main) : [],
    { pooling: POOLINGS[DEFAULT_POOLING], logitScale },
  ).map((row) => row.map((similarity) => similarity * logitScale));
  const truth = embedded.clips.map(({ label }) => (label === undefined ? -1 : labels.indexOf(label)));
  const { n, top1, top5, ...accuracy } = measureAccuracy({
    clips,
    labels,
    vectors: new Map(sets.map((name) => [name, textsOf(name)])),
    prompts,
    logitScale,
  });
  return {
    n,
    top1,
    top5,
    dataset: dataset.path,
    form: dataset.form,
    labels: labels.length,
    model: description.id,
    provider,
    sampleFps,
    strategy: { prompts, pooling: DEFAULT_POOLING },
    ...accuracy,
    rejection: measureRejection({ logits, truth, labels: labels.length }) ?? null,
    fewShot: measureFewShot({ clips, labels, texts: textsOf(prompts), logitScale }),
    unreadable: embedded.troubles,
  };
}

function isLabelled(clip: EmbeddedClip): clip is EmbeddedClip & { readonly label: string } {
  return clip.label !== undefined;
}
