// A submitted video → everything of its stream in Redis, or nothing.
import { randomBytes } from 'node:crypto';
import type { JobsOptions, Queue } from 'bullmq';
import { encodeEvent, LUA_APPEND } from '../protocol/event-log.ts';
import { IDLE_EXPIRY_SECONDS, type Keyspace } from '../protocol/keys.ts';
import type { LabelSet } from '../protocol/labels.ts';
import { defineScript, runScript } from '../protocol/script.ts';
import type { Pooling, Source, StreamJob, StreamMode } from '../protocol/stream.ts';
import type { Redis } from '../runtime/redis.ts';
import { describeSource } from '../sources/redaction.ts';

/** Random characters of an id, 36 each: 20 make 103 bits. */
const ID_LENGTH = 20;
const ID_ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz';
/** A stream whose creation was cut off after its record was written starts by itself after this long. */
const SAFETY_DELAY_MS = 30_000;
/** An ingest that dies or is redeployed gives the lease back; a camera may be away for weeks. Ingest decides when to fail. */
const LEASE_ATTEMPTS = 1_000_000;
const LEASE_RETRY_MS = 2_000;

// KEYS record, labels, events. ARGV label set, number of record fields, field, value, ..., first event.
const CREATE = defineScript(`${LUA_APPEND}
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local fields = tonumber(ARGV[2])
redis.call('SET', KEYS[2], ARGV[1])
redis.call('HSET', KEYS[1], unpack(ARGV, 3, fields + 2))
append(KEYS[1], KEYS[3], ARGV, fields + 3)
for i = 1, #KEYS do redis.call('EXPIRE', KEYS[i], ${IDLE_EXPIRY_SECONDS}) end
return 1
`);

// KEYS record, labels, events. ARGV the creation that may be undone. Returns whether there is no record now.
const UNDO = defineScript(`
local creation = redis.call('HGET', KEYS[1], 'creation')
if creation and creation ~= ARGV[1] then return 0 end
redis.call('UNLINK', unpack(KEYS))
return 1
`);

/** Where streams live. */
export interface StreamHome {
  readonly redis: Redis;
  readonly keys: Keyspace;
  /** BullMQ `streams`. */
  readonly queue: Queue;
}

/** What is fixed when a stream is created. */
export interface NewStream {
  readonly id: string;
  readonly source: Source;
  readonly mode: StreamMode;
  readonly model: string;
  readonly sampleFps: number;
  readonly poolSeconds: number;
  readonly pooling?: Pooling | undefined;
  readonly spans?: readonly number[] | undefined;
  readonly labels: LabelSet;
  readonly owner: string;
}

/** Returns a stream id that nobody can guess. */
export function newStreamId(): string {
  let id = '';
  while (id.length < ID_LENGTH) {
    for (const byte of randomBytes(ID_LENGTH)) {
      // 252 is the largest multiple of 36 in a byte: beyond it the first letters would come more often.
      if (byte < 252) id += ID_ALPHABET[byte % 36];
    }
  }
  return `st_${id.slice(0, ID_LENGTH)}`;
}

/**
 * Creates a stream. Doing it twice with the same id is the same as once.
 *
 * The job comes first, but sleeps: when the gateway dies on the way, either there is no record and the ingest that wakes
 * the job drops it, or there is a whole stream that starts a little late. The record, the labels and the first event are
 * written in one step. A failure that is noticed is undone.
 * @throws E_REDIS_UNAVAILABLE, E_REDIS_FULL
 */
export async function createStream({ redis, keys, queue }: StreamHome, stream: NewStream): Promise<void> {
  const { id, source } = stream;
  const createdAt = Date.now();
  const creation = randomBytes(12).toString('base64url');
  const job: StreamJob = { v: 1, stream: id, source };
  try {
    await queue.add('stream', job, { ...jobOptions(id), delay: SAFETY_DELAY_MS });
    await redis.zadd(keys.streams, 'NX', createdAt, id);
    const fields = Object.entries({ ...recordFields(stream, createdAt), creation }).flat();
    await runScript(redis, CREATE, {
      keys: [keys.stream(id), keys.labels(id), keys.events(id)],
      args: [
        JSON.stringify(stream.labels),
        fields.length,
        ...fields,
        encodeEvent(id, { type: 'stream.status', media: 0, status: 'queued' }),
      ],
    });
    await wakeJob(queue, job);
  } catch (error) {
    await undo({ redis, keys, queue }, id, creation);
    throw error;
  }
}

function jobOptions(id: string): JobsOptions {
  return {
    jobId: id,
    attempts: LEASE_ATTEMPTS,
    backoff: { type: 'fixed', delay: LEASE_RETRY_MS },
    removeOnComplete: true,
    removeOnFail: true,
  };
}

/** Has an ingest take the job now. Where the same stream is created twice at once, either of the two may do it. */
async function wakeJob(queue: Queue, data: StreamJob): Promise<void> {
  const job = await queue.getJob(data.stream);
  // The other one has failed, and has taken back the job that both had added.
  if (!job) await queue.add('stream', data, jobOptions(data.stream));
  else if (await job.isDelayed()) {
    await job.promote().catch(async (error: unknown) => {
      if (await job.isDelayed()) throw error;
    });
  }
}

function recordFields(stream: NewStream, createdAt: number): Record<string, string | number> {
  return {
    id: stream.id,
    source: describeSource(stream.source),
    mode: stream.mode,
    model: stream.model,
    sampleFps: stream.sampleFps,
    poolSeconds: stream.poolSeconds,
    ...(stream.pooling === undefined ? {} : { pooling: stream.pooling }),
    ...(stream.spans === undefined ? {} : { spans: JSON.stringify(stream.spans) }),
    owner: stream.owner,
    createdAt,
    status: 'queued',
    labelsVersion: stream.labels.version,
  };
}

/**
 * Takes back what this call has written; what another call with the same id has written stays. The record goes first: a
 * job without one is dropped by the ingest, so that what cannot be undone now does no harm.
 */
async function undo({ redis, keys, queue }: StreamHome, id: string, creation: string): Promise<void> {
  try {
    const gone = await runScript(redis, UNDO, {
      keys: [keys.stream(id), keys.labels(id), keys.events(id)],
      args: [creation],
    });
    if (gone !== 1) return;
    await queue.remove(id);
    await redis.zrem(keys.streams, id);
  } catch {
    // Redis is away, which is most often why there is something to undo; the caller reports that.
  }
}
