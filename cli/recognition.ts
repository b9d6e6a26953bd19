// The environment → what commands that look at clips themselves need: model, ffmpeg, cache.
import { type EmbeddingCache, openEmbeddingCache } from '../evaluation/embedding-cache.ts';
import { openRecogniser, type Recogniser } from '../evaluation/recogniser.ts';
import { loadIngestConfig } from '../ingest/config.ts';
import { findFfmpeg } from '../ingest/ffmpeg-path.ts';
import { loadTemplateSets } from '../models/prompts.ts';
import { resolveModel } from '../models/store.ts';
import type { Environment } from '../runtime/config.ts';
import { loadWorkerConfig } from '../worker/config.ts';
import { modelPlaces } from './models.ts';

export interface Recognition {
  readonly recogniser: Recogniser;
  readonly cache: EmbeddingCache;
  /** Whether the small model that ships stands in because none was named. */
  readonly isStandIn: boolean;
}

/** Loads the model that `env` names. @throws E_CONFIG, E_MODEL_UNKNOWN, E_MODEL_FILES, E_FFMPEG_MISSING */
export async function openRecognition(env: Environment): Promise<Recognition> {
  const config = loadWorkerConfig(env);
  const ffmpeg = await findFfmpeg(loadIngestConfig(env).FFMPEG_PATH);
  const model = await resolveModel({ ...modelPlaces(env), id: config.MODEL });
  const session = {
    dtype: config.MODEL_DTYPE,
    provider: config.EXECUTION_PROVIDER,
    threads: config.INFERENCE_THREADS,
  };
  const templateSets = loadTemplateSets(config.TEMPLATES_FILE);
  const recogniser = await openRecogniser({ model, session, templateSets, ffmpeg });
  const { description, provider } = recogniser;
  const cache = await openEmbeddingCache({ dataDir: config.DATA_DIR, description, session, provider });
  return { recogniser, cache, isStandIn: model.isStandIn };
}
