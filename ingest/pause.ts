// The wait that everything in ingest uses.
import { setTimeout as delay } from 'node:timers/promises';

/** Waits `ms`. @throws the signal's own reason when it is aborted, at once. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
  signal.throwIfAborted();
}
