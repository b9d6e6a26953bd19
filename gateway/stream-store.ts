// The records of streams: read, list, stop, remove.
import { endDirectly } from '../protocol/ending.ts';
import { StoredRecord } from '../protocol/record.ts';
import { defineScript, runScript } from '../protocol/script.ts';
import { isTerminal } from '../protocol/stream.ts';
import { PipelineError } from '../runtime/errors.ts';
import { openQueue } from '../runtime/queue.ts';
import { releaseStream } from './admission.ts';
import type { StreamHome } from './stream-creation.ts';

/** Index entries looked at with each creation, so that those of forgotten streams do not pile up. */
const SWEEP_ENTRIES = 10;
/** Records looked at in one step for those of one owner. */
const OWNER_STEP = 500;
/** An entry is written a moment before its record. */
const SWEEP_AGE_MS = 60_000;
/** Windows whose pixels may lie behind the end of a stream: more than can be in flight. */
const FRAMES_LEFT_MAX = 128;

// KEYS record. Marks a stream that is not over as to be stopped; never makes a record of nothing.
const STOP = defineScript(`
local status = redis.call('HGET', KEYS[1], 'status')
if status and status ~= 'ended' and status ~= 'failed' and status ~= 'cancelled' then
  redis.call('HSET', KEYS[1], 'stop', 1)
end
return 1
`);

/** Returns a stream's record as it is stored. @throws E_STREAM_NOT_FOUND */
export async function readStream({ redis, keys }: StreamHome, id: string): Promise<StoredRecord> {
  return parseRecord(id, await redis.hgetall(keys.stream(id)));
}

/**
 * Asks the stream to stop and returns its record; one that is over stays as it is. One that no ingest holds (all are busy,
 * or gone) is ended here.
 * @throws E_STREAM_NOT_FOUND
 */
export async function stopStream(
  home: StreamHome,
  { id, retentionSeconds }: { id: string; retentionSeconds: number },
): Promise<StoredRecord> {
  const { redis, keys, queue } = home;
  await runScript(redis, STOP, { keys: [keys.stream(id)], args: [] });
  const record = await readStream(home, id);
  if (isTerminal(record.status) || (await isHeld(home, id))) return record;
  const windows = openQueue(keys.windowsQueue(record.model, record.mode), {
    redis,
    prefix: keys.queuePrefix,
  });
  try {
    const end = { status: 'cancelled' } as const;
    // An ingest that takes the stream just now finds it over, whenever it looks.
    await endDirectly(redis, keys, { stream: id, queue: windows, end, retentionSeconds });
    await queue.remove(id);
  } finally {
    await windows.close();
  }
  return readStream(home, id);
}

/** Whether an ingest runs the stream. One that died counts until its lease has run out. */
async function isHeld({ redis, queue }: StreamHome, id: string): Promise<boolean> {
  const job = await queue.getJob(id);
  if ((await job?.getState()) !== 'active') return false;
  return (await redis.exists(`${queue.toKey(id)}:lock`)) === 1;
}

/** Removes everything of a stream that is over. @throws E_STREAM_NOT_FOUND, E_STREAM_RUNNING */
export async function purgeStream(home: StreamHome, id: string): Promise<void> {
  const { redis, keys } = home;
  const record = await readStream(home, id);
  if (!isTerminal(record.status)) {
    throw new PipelineError(
      'E_STREAM_RUNNING',
      `The stream is ${record.status}. Stop it, and wait for its final status.`,
    );
  }
  const first = Math.max(0, record.published - FRAMES_LEFT_MAX);
  const frames = Array.from({ length: record.published - first }, (_, i) => keys.frames(id, first + i));
  // The record goes last: while it is there, a purge that was cut off can be repeated.
  const owned = [keys.labels, keys.timeline, keys.embeddings, keys.events, keys.preview];
  await redis.unlink(...owned.map((key) => key(id)), ...frames);
  await redis.zrem(keys.streams, id);
  await releaseStream(home, id);
  await redis.unlink(keys.stream(id));
}

/**
 * Returns up to `limit` records, newest first, behind `cursor`, and the cursor of what follows; with `owner` only records
 * of that one, and no cursor that tells of another's.
 * @throws E_BAD_REQUEST
 */
export async function listStreams(
  home: StreamHome,
  { limit, cursor, owner }: { limit: number; cursor?: string | undefined; owner?: string },
): Promise<{ records: StoredRecord[]; nextCursor: string | null }> {
  const records: StoredRecord[] = [];
  let position = cursor === undefined ? undefined : parseCursor(cursor);
  let shown = position;
  const step = owner === undefined ? limit + 1 : OWNER_STEP;
  for (;;) {
    const page = await pageOfIds(home, position, step);
    for (const [entry, hash] of await readHashes(home, page, owner)) {
      if (records.length === limit) return { records, nextCursor: shown ? formatCursor(shown) : null };
      records.push(parseRecord(entry.id, hash));
      shown = entry;
    }
    if (page.length < step) return { records, nextCursor: null };
    position = page.at(-1) ?? position;
  }
}

/** Returns the records of `page` that are there: not forgotten after their retention time, nor being created right now. */
async function readHashes(
  { redis, keys }: StreamHome,
  page: readonly Position[],
  owner: string | undefined,
): Promise<[Position, Record<string, string>][]> {
  const isOwn = async ({ id }: Position) => (await redis.hget(keys.stream(id), 'owner')) === owner;
  const owned = owner === undefined ? [] : await Promise.all(page.map(isOwn));
  const wanted = page.filter((_, i) => owner === undefined || owned[i]);
  const read = async (entry: Position): Promise<[Position, Record<string, string>]> => [
    entry,
    await redis.hgetall(keys.stream(entry.id)),
  ];
  return (await Promise.all(wanted.map(read))).filter(([, hash]) => hash.id !== undefined);
}

interface Position {
  createdAt: number;
  id: string;
}

/** Returns the `count` ids behind `position`: older, or of the same millisecond and smaller. */
async function pageOfIds(
  { redis, keys }: Pick<StreamHome, 'redis' | 'keys'>,
  position: Position | undefined,
  count: number,
): Promise<Position[]> {
  const page: Position[] = [];
  const from = position?.createdAt ?? '+inf';
  for (let offset = 0; page.length < count; offset += count) {
    const flat = await redis.zrevrangebyscore(
      keys.streams,
      from,
      '-inf',
      'WITHSCORES',
      'LIMIT',
      offset,
      count,
    );
    for (let i = 0; i + 1 < flat.length; i += 2) {
      const entry = { id: flat[i] ?? '', createdAt: Number(flat[i + 1]) };
      const isBehind = !position || entry.createdAt < position.createdAt || entry.id < position.id;
      if (isBehind && page.length < count) page.push(entry);
    }
    if (flat.length < 2 * count) break;
  }
  return page;
}

function formatCursor({ createdAt, id }: Position): string {
  return `${createdAt}_${id}`;
}

function parseCursor(cursor: string): Position {
  const [, createdAt, id] = /^(\d{1,15})_(st_[0-9a-z]+)$/.exec(cursor) ?? [];
  if (createdAt === undefined || id === undefined) {
    throw new PipelineError('E_BAD_REQUEST', 'Expected `cursor` to be the `nextCursor` of the page before.');
  }
  return { createdAt: Number(createdAt), id };
}

/** Looks at a few random index entries and removes those whose stream is forgotten. */
export async function sweepIndex({ redis, keys }: StreamHome): Promise<void> {
  const flat = await redis.zrandmember(keys.streams, SWEEP_ENTRIES, 'WITHSCORES');
  const limit = Date.now() - SWEEP_AGE_MS;
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const id = flat[i] ?? '';
    if (Number(flat[i + 1]) < limit && (await redis.exists(keys.stream(id))) === 0) {
      await redis.zrem(keys.streams, id);
    }
  }
}

function parseRecord(id: string, hash: Record<string, string>): StoredRecord {
  if (hash.id === undefined) {
    throw new PipelineError('E_STREAM_NOT_FOUND', `There is no stream ${id}, or it was forgotten since.`);
  }
  return StoredRecord.parse(hash);
}
