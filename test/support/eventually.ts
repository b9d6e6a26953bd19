// Waiting on a condition instead of sleeping.
import { setTimeout as delay } from 'node:timers/promises';

/** Resolves with the first truthy value of `probe`, asked every `everyMs`; fails with `what` after `withinMs`. */
export async function eventually<T>(
  what: string,
  probe: () => T | Promise<T>,
  { withinMs = 15_000, everyMs = 20 }: { withinMs?: number; everyMs?: number } = {},
): Promise<NonNullable<T>> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`Expected within ${withinMs} ms: ${what}`);
    await delay(everyMs);
  }
}
