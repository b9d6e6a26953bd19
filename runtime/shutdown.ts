// SIGTERM and SIGINT: close what was opened, in reverse order, within a deadline.
import type { Logger } from './log.ts';

/** Anything that runs until it is closed. */
export interface Service {
  close(): Promise<void>;
}

/** A drain that takes longer is cut: orchestrators send SIGKILL at 30 s. */
export const DRAIN_DEADLINE_MS = 25_000;

/** Closes `services` last first. One that fails does not keep the others open; the first failure is thrown at the end. */
export async function closeAll(services: readonly Service[]): Promise<void> {
  const failures: unknown[] = [];
  for (const service of [...services].reverse()) {
    await service.close().catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
}

/**
 * Resolves when the process is asked to end (SIGTERM or SIGINT), after `close` has run. A second signal, or the deadline,
 * ends the process at once with exit code 1.
 */
export function runUntilSignal(close: () => Promise<void>, log: Logger): Promise<void> {
  return new Promise((resolve, reject) => {
    let closing = false;
    const onSignal = (signal: NodeJS.Signals) => {
      if (closing) process.exit(1);
      closing = true;
      log.info({ signal }, 'draining');
      const deadline = setTimeout(() => {
        log.error('the drain took too long; leaving');
        process.exit(1);
      }, DRAIN_DEADLINE_MS);
      close()
        .then(resolve, reject)
        .finally(() => {
          clearTimeout(deadline);
          process.off('SIGTERM', onSignal).off('SIGINT', onSignal);
        });
    };
    process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  });
}
