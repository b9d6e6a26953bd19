// One watched stream from its submission to its last event.
import type { Client } from '../client/client.ts';
import { isTerminal, type StreamRecord } from '../protocol/stream.ts';
import { onInterrupt } from './interrupt.ts';
import type { Show } from './watch-show.ts';

/** The length of a file is known about when its first window is; where its container does not tell, it never is. */
const DURATION_TRIES = 3;
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
  /** `hurry` is aborted at Ctrl-C: from then on nothing is shown slower than it comes. */
  open: (record: StreamRecord, durationSeconds: () => number | null, hurry: AbortSignal) => Show;
}): Promise<SessionEnd> {
  const over = new AbortController();
  let id: string | undefined;
  const hurry = new AbortController();
  const interrupt = onInterrupt(() => {
    hurry.abort();
    if (id === undefined) return over.abort();
    const leave = () => over.abort();
    client.stop(id).then(({ status }) => isTerminal(status) && leave(), leave);
    setTimeout(leave, STOP_DEADLINE_MS).unref();
  });
  const { signal } = over;
  try {
    const created = await start(signal);
    id = created.id;
    if (interrupt.asked) await client.stop(id);
    let { durationSeconds } = created;
    let tries = created.mode === 'file' ? DURATION_TRIES : 0;
    const show = open(created, () => durationSeconds, hurry.signal);
    for await (const event of client.watch(id, { signal })) {
      if (event.type === 'scores' && durationSeconds === null && tries-- > 0) {
        // A failure is of no interest: progress is shown without a length then.
        durationSeconds = await client.stream(id, { signal }).then(
          (record) => record.durationSeconds,
          () => null,
        );
      }
      await show.event(event);
    }
    return { record: await client.stream(id), wasInterrupted: interrupt.asked };
  } catch (error) {
    if (interrupt.asked) return { record: undefined, wasInterrupted: true };
    throw error;
  } finally {
    over.abort();
    interrupt.dispose();
  }
}
