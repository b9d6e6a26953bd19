// Whether a live worker serves a model, and with which geometry.
import type { Keyspace } from '../protocol/keys.ts';
import { SERVED_MODEL_TTL_MS, ServedModel } from '../protocol/model.ts';
import type { Redis } from '../runtime/redis.ts';
import { pause } from './pause.ts';

const POLL_MS = 500;

/** Returns what live workers serve under `model`, or null when there are none. */
export async function readServedModel(
  redis: Redis,
  keys: Keyspace,
  model: string,
): Promise<ServedModel | null> {
  const text = await redis.hget(keys.models, model);
  if (text === null) return null;
  const served = ServedModel.parse(JSON.parse(text));
  return Date.now() - served.seenAt > SERVED_MODEL_TTL_MS ? null : served;
}

/** Thrown when nobody serves the model, and waiting for it would keep others waiting. */
export class NotServedYet extends Error {
  override readonly name = 'NotServedYet';
}

/**
 * Returns what live workers serve under `model` as soon as there are some; `onWait` is called once if there are none yet.
 * @throws NotServedYet when the place in which this waits is wanted; the signal's reason when it is aborted.
 */
export async function waitForModel(
  redis: Redis,
  keys: Keyspace,
  {
    model,
    onWait,
    isPlaceWanted,
  }: { model: string; onWait: () => Promise<void>; isPlaceWanted: () => Promise<boolean> },
  signal: AbortSignal,
): Promise<ServedModel> {
  for (let isFirst = true; ; isFirst = false) {
    signal.throwIfAborted();
    const served = await readServedModel(redis, keys, model);
    if (served) return served;
    if (isFirst) await onWait();
    if (await isPlaceWanted()) throw new NotServedYet(`Nobody serves ${model} yet.`);
    await pause(POLL_MS, signal);
  }
}
