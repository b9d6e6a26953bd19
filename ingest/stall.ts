// A wait that has a right to be long, as long as there are signs of life.

export interface StallWatch {
  readonly hasHappened: boolean;
  /** A sign of life. */
  beat(): void;
  /** Watches while `wait` is pending. Between waits nothing is watched: a consumer that takes its time is no stall. */
  during<T>(wait: Promise<T>): Promise<T>;
  end(): void;
}

/** A stall is noticed at most this much late. */
const LOOK_MS = 500;

/** Calls `onStall` once when a watched wait sees no sign of life for `timeoutMs`. `end` must be called. */
export function watchForStall(timeoutMs: number, onStall: () => void): StallWatch {
  let lastSign = Date.now();
  let isAwaited = false;
  let hasHappened = false;
  const timer = setInterval(
    () => {
      if (hasHappened || !isAwaited || Date.now() - lastSign < timeoutMs) return;
      hasHappened = true;
      onStall();
    },
    Math.min(LOOK_MS, timeoutMs / 4),
  );
  return {
    get hasHappened() {
      return hasHappened;
    },
    beat() {
      lastSign = Date.now();
    },
    async during(wait) {
      lastSign = Date.now();
      isAwaited = true;
      try {
        return await wait;
      } finally {
        isAwaited = false;
      }
    },
    end() {
      clearInterval(timer);
    },
  };
}
