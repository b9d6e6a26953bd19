// The real path from files and words to embeddings: ffmpeg as ingest runs it, the model as a worker runs it.
import { decodeFrames, type Frame } from '../ingest/decoder.ts';
import { type ModelDescription, readModelDescription } from '../models/description.ts';
import type { PromptVectors } from '../models/prompt-bank.ts';
import type { TemplateSets } from '../models/prompts.ts';
import type { SessionOptions } from '../models/session.ts';
import { PipelineError } from '../runtime/errors.ts';
import type { Service } from '../runtime/shutdown.ts';
import { type Inference, startInference } from '../worker/inference.ts';
import { PromptCache, type PromptWords } from '../worker/prompt-cache.ts';
import type { ClipSpan } from './dataset.ts';

/** Frames in one run of the model. */
const BATCH_FRAMES = 32;

export interface RecogniserOptions {
  readonly model: { readonly id: string; readonly directory: string };
  readonly session: SessionOptions;
  readonly templateSets: TemplateSets;
  /** The ffmpeg to run. */
  readonly ffmpeg: string;
}

/** Sampled frames with their embeddings. */
export interface EmbeddedFrames {
  /** Media times in seconds. */
  readonly times: readonly number[];
  /** `[n][D]`, unit length. */
  readonly embeddings: readonly Float32Array[];
  /** What kept the rest of the clip from being read; the frames before it are there. */
  readonly trouble: PipelineError | undefined;
}

export interface Recogniser extends Service {
  readonly description: ModelDescription;
  readonly provider: string;
  readonly templateSets: TemplateSets;
  readonly ffmpeg: string;
  /**
   * Decodes and embeds a file, or `span` of it. `onFrame` sees each frame before it is embedded.
   * @throws the decoder's failure where there is no frame at all; the signal's reason
   */
  embedClip(request: ClipRequest, signal: AbortSignal): Promise<EmbeddedFrames>;
  /** Returns the vectors of a label set, as workers make them. */
  vectorsFor(words: PromptWords): Promise<PromptVectors>;
}

export interface ClipRequest {
  readonly path: string;
  readonly sampleFps: number;
  readonly span?: ClipSpan | undefined;
  readonly onFrame?: ((frame: Frame) => void) | undefined;
}

/** Loads the model in a thread of its own. @throws E_MODEL_FILES */
export async function openRecogniser(options: RecogniserOptions): Promise<Recogniser> {
  const { model, session, templateSets, ffmpeg } = options;
  const description = await readModelDescription(model.directory, model.id);
  const inference = await startInference({ model: model.id, directory: model.directory, session });
  const prompts = new PromptCache({ model: model.id, templateSets, embedTexts: inference.embedTexts });
  return {
    description,
    provider: inference.provider,
    templateSets,
    ffmpeg,
    embedClip: (request, signal) => embedClip(request, { inference, description, ffmpeg, signal }),
    vectorsFor: (words) => prompts.vectorsFor(words),
    close: () => inference.close(),
  };
}

interface Tools {
  readonly inference: Inference;
  readonly description: ModelDescription;
  readonly ffmpeg: string;
  readonly signal: AbortSignal;
}

async function embedClip(request: ClipRequest, tools: Tools): Promise<EmbeddedFrames> {
  const { inference, description, ffmpeg, signal } = tools;
  const { path, sampleFps, span, onFrame } = request;
  const { geometry, dims } = description;
  const times: number[] = [];
  const embeddings: Float32Array[] = [];
  let batch: Uint8Array[] = [];
  // One batch is in the model while the next is decoded.
  let running: Promise<void> = Promise.resolve();
  const flush = async () => {
    await running;
    if (batch.length === 0) return;
    const pixels = new Uint8Array(Buffer.concat(batch));
    const count = batch.length;
    batch = [];
    running = inference.embedImages(pixels, count).then((rows) => {
      for (let i = 0; i < count; i += 1) embeddings.push(rows.slice(i * dims, (i + 1) * dims));
    });
    // Awaited by the next flush; until then a failure must not count as unhandled.
    running.catch(() => undefined);
  };
  let trouble: PipelineError | undefined;
  try {
    const startFrame = Math.ceil((span?.from ?? 0) * sampleFps);
    for await (const frame of decodeFrames({ ffmpeg, path, geometry, sampleFps, startFrame }, signal)) {
      if (span && frame.mediaSeconds >= span.to) break;
      onFrame?.(frame);
      times.push(frame.mediaSeconds);
      batch.push(frame.pixels);
      if (batch.length === BATCH_FRAMES) await flush();
    }
  } catch (error) {
    if (!(error instanceof PipelineError) || times.length === 0) throw error;
    trouble = error;
  }
  await flush();
  await running;
  if (times.length === 0) {
    throw new PipelineError('E_SOURCE_UNREADABLE', `There is no frame in the marked span of ${path}.`);
  }
  return { times, embeddings, trouble };
}
