// What `verbcast calibrate` and `verbcast examples` look at: clips that show labels, and clips that do not.
import { resolve } from 'node:path';
import { type ClipSpan, type LabelledClip, readDataset } from '../evaluation/dataset.ts';
import { type EmbeddedDataset, embedClips } from '../evaluation/embedded-clips.ts';
import { type LabelSetDraft, labelName } from '../protocol/labels.ts';
import { StreamOptions } from '../protocol/stream.ts';
import { PipelineError } from '../runtime/errors.ts';
import { showProgress } from './embed-progress.ts';
import type { Recognition } from './recognition.ts';
import type { Screen } from './screen.ts';
import { readLabelSet } from './watch-labels.ts';

export interface LabelClipFlags {
  readonly model?: string;
  readonly fps?: number;
  readonly prompts?: string;
  readonly label: readonly string[];
  readonly labelsFile?: string;
  /** Clips that show the one label, and clips that show none. */
  readonly yes?: readonly string[];
  readonly no?: readonly string[];
  readonly output?: string;
  readonly json?: boolean;
}

/** The clips, and the label set that they are about. */
export interface LabelClips {
  readonly clips: readonly LabelledClip[];
  readonly set: LabelSetDraft;
}

/**
 * Returns the clips of the data set at `path` and of the flags. Labels are those of the labels file and the flags, else
 * those of the data set; a clip of another label counts as showing none of them.
 * @throws E_DATASET_INVALID, E_LABELS_INVALID
 */
export async function gatherClips(path: string | undefined, flags: LabelClipFlags): Promise<LabelClips> {
  const dataset = path === undefined ? undefined : await readDataset(path);
  const file = flags.labelsFile === undefined ? undefined : await readLabelSet(flags.labelsFile);
  const given = [...flags.label, ...(file?.labels ?? [])];
  const labels = given.length > 0 ? given : (dataset?.labels ?? []);
  const names = labels.map((label) => labelName(label));
  const [only] = names;
  if (only === undefined || (flags.yes !== undefined && names.length > 1)) {
    throw new PipelineError(
      'E_LABELS_INVALID',
      'Expected one label for the clips of --yes: --label "playing guitar" --yes a.mp4 b.mp4 --no c.mp4.',
    );
  }
  const clips = [
    ...(dataset?.clips ?? []),
    ...(flags.yes ?? []).map((text) => clipOf(text, only)),
    ...(flags.no ?? []).map((text) => clipOf(text, undefined)),
  ];
  if (clips.length === 0) {
    throw new PipelineError('E_DATASET_INVALID', 'Expected clips: a data set, or --yes and --no with files.');
  }
  const templates = flags.prompts ?? file?.templates;
  return {
    clips: clips.map((clip) => ({
      ...clip,
      label: names.includes(clip.label ?? '') ? clip.label : undefined,
    })),
    set: { ...file, labels: [...labels], ...(templates === undefined ? {} : { templates }) },
  };
}

/** `clip.mp4`, or `clip.mp4#t=3,8` for its seconds 3 to 8, as media fragments are written. */
function clipOf(text: string, label: string | undefined): LabelledClip {
  const [, file = text, from, to] = /^(.*)#t=(\d+(?:\.\d+)?)?(?:,(\d+(?:\.\d+)?))?$/.exec(text) ?? [];
  const isSpan = from !== undefined || to !== undefined;
  const span: ClipSpan = {
    from: Number(from ?? 0),
    to: to === undefined ? Number.POSITIVE_INFINITY : Number(to),
  };
  if (isSpan && span.to <= span.from) {
    throw new PipelineError('E_DATASET_INVALID', `Expected ${text} to name a span as #t=FROM,TO in seconds.`);
  }
  return { path: resolve(file), file: text, label, ...(isSpan ? { span } : {}) };
}

/** Embeds the clips, with progress on `screen`; says which cannot be read. @throws E_DATASET_INVALID when none can */
export async function embedLabelClips(
  clips: readonly LabelledClip[],
  {
    recognition,
    flags,
    screen,
    signal,
  }: { recognition: Recognition; flags: LabelClipFlags; screen: Screen; signal: AbortSignal },
): Promise<EmbeddedDataset & { readonly sampleFps: number }> {
  const sampleFps = flags.fps ?? StreamOptions.parse({}).sampleFps;
  const onProgress = flags.json && !screen.live ? undefined : showProgress(screen);
  const { recogniser, cache } = recognition;
  const options = { recogniser, cache, sampleFps, signal, ...(onProgress ? { onProgress } : {}) };
  const embedded = await embedClips(clips, options);
  screen.draw([]);
  for (const { file, code, used } of embedded.troubles)
    console.error(`${file}: ${code}${used ? ', used as far as it goes' : ', left out'}`);
  if (embedded.clips.length > 0) return { ...embedded, sampleFps };
  throw new PipelineError('E_DATASET_INVALID', `None of the ${clips.length} clips can be read.`);
}
