// Follows one stream: its events into the view, its record by asking now and then.
import { useEffect, useState } from 'preact/hooks';
import type { VerbcastError } from '../client/client.ts';
import type { StreamEvent } from '../protocol/event.ts';
import type { StreamRecord } from '../protocol/stream.ts';
import { gateway, toFailure } from './gateway.ts';
import { isOver } from './status-words.ts';
import { advanceView, EMPTY_VIEW, type StreamView } from './stream-view.ts';

/** Events are shown in bundles: a replay of thousands draws a few times only. */
const BUNDLE_MS = 80;
/** The record has what events do not: progress and counters. */
const RECORD_EVERY_MS = 2_000;

/** What is known of a stream, and whether news of it still come. */
export interface StreamLife {
  view: StreamView;
  record: StreamRecord | null;
  connection: 'connecting' | 'connected' | 'lost';
  /** Why the page gave up following; null while it does not. */
  failure: VerbcastError | null;
}

const UNKNOWN: StreamLife = { view: EMPTY_VIEW, record: null, connection: 'connecting', failure: null };

/** Follows the stream `id` while the component is shown. */
export function useStream(id: string): StreamLife {
  const [life, setLife] = useState(UNKNOWN);
  useEffect(() => {
    const leaving = new AbortController();
    const { signal } = leaving;
    const update = (change: (life: StreamLife) => StreamLife) => {
      if (!signal.aborted) setLife(change);
    };
    const fail = (error: unknown) => update((before) => ({ ...before, failure: toFailure(error) }));
    setLife(UNKNOWN);
    followEvents(id, { signal, update }).catch(fail);
    followRecord(id, { signal, update }).catch(fail);
    return () => leaving.abort(new DOMException('The page moved on.', 'AbortError'));
  }, [id]);
  return life;
}

interface Following {
  signal: AbortSignal;
  update: (change: (life: StreamLife) => StreamLife) => void;
}

async function followEvents(id: string, { signal, update }: Following): Promise<void> {
  let bundle: StreamEvent[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const show = () => {
    const events = bundle;
    bundle = [];
    timer = undefined;
    update((life) => ({ ...life, view: events.reduce(advanceView, life.view) }));
  };
  const onConnection = ({ connected }: { connected: boolean }) =>
    update((life) => ({ ...life, connection: connected ? 'connected' : 'lost' }));
  try {
    for await (const event of gateway().watch(id, { signal, onConnection })) {
      bundle.push(event);
      timer ??= setTimeout(show, BUNDLE_MS);
    }
  } finally {
    clearTimeout(timer);
    show();
  }
}

async function followRecord(id: string, { signal, update }: Following): Promise<void> {
  while (!signal.aborted) {
    const record = await gateway()
      .stream(id, { signal })
      .catch((error: unknown) => {
        // The socket tells the person that the gateway is gone; here it is enough to ask again.
        if (signal.aborted || toFailure(error).retry) return null;
        throw error;
      });
    if (record) update((life) => ({ ...life, record }));
    if (record && isOver(record.status)) return;
    await new Promise((resolve) => setTimeout(resolve, RECORD_EVERY_MS));
  }
}

/** Returns the newest status that either way has told. A final one stands. */
export function statusOf({ view, record }: StreamLife): StreamRecord['status'] | null {
  if (record && isOver(record.status) && view.status === null) return record.status;
  return view.status ?? record?.status ?? null;
}
