// Tells ingest and gateway what this worker serves, for as long as it does.
import type { Keyspace } from '../protocol/keys.ts';
import type { ServedModel } from '../protocol/model.ts';
import type { Logger } from '../runtime/log.ts';
import type { Redis } from '../runtime/redis.ts';
import type { Service } from '../runtime/shutdown.ts';

const BEAT_MS = 5_000;
/** The whole hash goes when no worker of any model has lived for a day. */
const EXPIRY_SECONDS = 86_400;

/** Writes the worker's entry of `vc:models` now and every 5 s. Readers take an entry for dead after 15 s. */
export async function startHeartbeat({
  redis,
  keys,
  log,
  served,
}: {
  redis: Redis;
  keys: Keyspace;
  log: Logger;
  served: Omit<ServedModel, 'seenAt'>;
}): Promise<Service> {
  const beat = async () => {
    const entry: ServedModel = { ...served, seenAt: Date.now() };
    await redis
      .multi()
      .hset(keys.models, served.id, JSON.stringify(entry))
      .expire(keys.models, EXPIRY_SECONDS)
      .exec();
  };
  await beat();
  const timer = setInterval(() => {
    beat().catch((err: unknown) => log.warn({ err }, 'the heartbeat did not reach Redis'));
  }, BEAT_MS);
  return {
    async close() {
      clearInterval(timer);
    },
  };
}
