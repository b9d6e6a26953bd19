// How often something may happen.

export interface Throttle {
  /** Returns whether it may happen now, and counts it if so. */
  take(): boolean;
}

/** Returns a token bucket: `perSecond` on average, twice as many at once. */
export function createThrottle(perSecond: number, now: () => number = () => performance.now()): Throttle {
  const capacity = 2 * perSecond;
  let tokens = capacity;
  let filledAt = now();
  return {
    take() {
      const time = now();
      tokens = Math.min(capacity, tokens + ((time - filledAt) / 1000) * perSecond);
      filledAt = time;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
