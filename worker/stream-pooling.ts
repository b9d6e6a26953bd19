// How the frames of one stream are pooled: what was asked for when it was created.
import { DEFAULT_POOLING, defaultSpans, type PoolingName } from '../models/pooling.ts';
import type { Keyspace } from '../protocol/keys.ts';
import { StoredRecord } from '../protocol/record.ts';
import type { Redis } from '../runtime/redis.ts';

export interface StreamPooling {
  readonly pooling: PoolingName;
  readonly poolSeconds: number;
  /** Spans in seconds whose scores are averaged. */
  readonly spans: readonly number[];
}

const Fields = StoredRecord.pick({ poolSeconds: true, pooling: true, spans: true });

/** Returns the pooling of `stream`; undefined where there is no such stream. */
export async function readPooling(
  redis: Redis,
  keys: Keyspace,
  stream: string,
): Promise<StreamPooling | undefined> {
  const names = ['poolSeconds', 'pooling', 'spans'] as const;
  const stored = await redis.hmget(keys.stream(stream), ...names);
  if (stored[0] == null) return undefined;
  const fields = Fields.parse(Object.fromEntries(names.map((name, i) => [name, stored[i] ?? undefined])));
  const { poolSeconds, pooling = DEFAULT_POOLING, spans = defaultSpans(poolSeconds) } = fields;
  return { poolSeconds, pooling, spans };
}
