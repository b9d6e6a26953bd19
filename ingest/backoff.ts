// How long to wait before the next attempt.

const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;
/** Part of each wait that chance takes off, so that the cameras of one switch do not all come back at once. */
const JITTER = { least: 0.1, most: 0.5 };

/** Returns the wait before attempt `failures` + 1, in milliseconds: 1 s doubling to 30 s, less 10 to 50 %. */
export function backoffMs(failures: number, random: () => number = Math.random): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, failures - 1));
  return full * (1 - JITTER.least - random() * (JITTER.most - JITTER.least));
}
