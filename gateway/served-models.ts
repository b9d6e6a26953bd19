// Which models live workers serve, and which one a stream gets.
import type { Keyspace } from '../protocol/keys.ts';
import { SERVED_MODEL_TTL_MS, ServedModel } from '../protocol/model.ts';
import { PipelineError } from '../runtime/errors.ts';
import type { Redis } from '../runtime/redis.ts';

/** The small model that ships with the project: what a stream gets when nothing better is served. */
const STAND_IN = 'pocket';

/** Returns the models that a worker has claimed to serve within {@link SERVED_MODEL_TTL_MS}, by id. */
export async function readServedModels(redis: Redis, keys: Keyspace): Promise<ServedModel[]> {
  const entries = await redis.hvals(keys.models);
  const freshest = Date.now() - SERVED_MODEL_TTL_MS;
  return entries
    .map((text) => ServedModel.parse(JSON.parse(text)))
    .filter(({ seenAt }) => seenAt >= freshest)
    .sort((a, b) => a.id.localeCompare(b.id));
}

/** Returns the model of streams that name none: `configured` where that is set, else a served one, pocket last. */
export function defaultModel(served: readonly ServedModel[], configured: string | undefined): string | null {
  if (configured !== undefined) return configured;
  return (served.find(({ id }) => id !== STAND_IN) ?? served[0])?.id ?? null;
}

/**
 * Returns the model with id `wanted`.
 * @throws E_MODEL_NOT_SERVED naming what is served, when no live worker serves it.
 */
export function requireServed(served: readonly ServedModel[], wanted: string | null): ServedModel {
  const found = served.find(({ id }) => id === wanted);
  if (found) return found;
  const alternatives =
    served.length === 0
      ? 'No worker is up at all: start `verbcast worker`.'
      : `Served are: ${served.map(({ id }) => id).join(', ')}.`;
  throw new PipelineError(
    'E_MODEL_NOT_SERVED',
    `No live worker serves ${wanted ?? 'any model'}. ${alternatives}`,
  );
}
