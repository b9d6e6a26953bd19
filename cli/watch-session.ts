// One watched stream from its submission to its last event.
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '../client/client.ts';
import { isTerminal, type StreamRecord } from '../protocol/stream.ts';
import { onInterrupt } from './interrupt.ts';
import type { Show } from './watch-show.ts';

const RECORD_EVERY_MS = 500;
/** After Ctrl-C: how long the stream may take to tell its end. */
const STOP_DEADLINE_MS = 10_000;

export interface SessionEnd {
  /** The stream's record at the end; undefined when Ctrl-C came before there was one, or when it could not be read. */
  readonly record: StreamRecord | undefined;
  readonly wasInterrupted: boolean;
}

/**
 * Submits a stream with `start`, hands each of its events to the show that `open` returns, and resolves at its end.
 * Ctrl-C stops the stream and waits for it to end.
 * @throws VerbcastError when the gateway refuses.
 */
export async function runSession({
  client,
  start,
  open,
}: {
  client: Client;
  start: (signal: AbortSignal) => Promise<StreamRecord>;
  open: (record: StreamRecord, durationSeconds: () => number | null, signal: AbortSignal) => Show;
}): Promise<SessionEnd> {
  const over = new AbortController();
  let id: string | undefined;
  const interrupt = onInterrupt(() => {
    if (id === undefined) return over.abort();
    client.stop(id).catch(() => over.abort());
    setTimeout(() => over.abort(), STOP_DEADLINE_MS).unref();
  });
  const { signal } = over;
  try {
    const created = await start(signal);
    id = created.id;
    if (interrupt.asked) await client.stop(id);
    let latest = created;
    const following = follow(client, id, signal, (record) => {
      latest = record;
    });
    const show = open(created, () => latest.durationSeconds, signal);
    for await (const event of client.watch(id, { signal })) await show.event(event);
    over.abort();
    await following;
    return { record: await client.stream(id), wasInterrupted: interrupt.asked };
  } catch (error) {
    if (interrupt.asked) return { record: undefined, wasInterrupted: true };
    throw error;
  } finally {
    over.abort();
    interrupt.dispose();
  }
}

/** Reads the record until the length of its media is known, or for ever where it never is. Failures are of no interest. */
async function follow(
  client: Client,
  id: string,
  signal: AbortSignal,
  onRecord: (record: StreamRecord) => void,
): Promise<void> {
  try {
    for (;;) {
      const record = await client.stream(id, { signal });
      onRecord(record);
      if (record.durationSeconds !== null || record.mode === 'live' || isTerminal(record.status)) return;
      await delay(RECORD_EVERY_MS, undefined, { signal });
    }
  } catch {
    // Progress is shown without a length then; the events tell everything else.
  }
}
