// Ctrl-C on a command that waits.

/** The exit code after Ctrl-C: 128 and the number of SIGINT. */
export const EXIT_INTERRUPTED = 130;

export interface Interrupt {
  /** Whether the user has asked to stop. */
  readonly asked: boolean;
  dispose(): void;
}

/** Calls `stop` at the first SIGINT or SIGTERM; a second one ends the process at once with exit code 130. */
export function onInterrupt(stop: () => void): Interrupt {
  let asked = false;
  const handle = () => {
    if (asked) process.exit(EXIT_INTERRUPTED);
    asked = true;
    stop();
  };
  process.on('SIGINT', handle).on('SIGTERM', handle);
  return {
    get asked() {
      return asked;
    },
    dispose: () => {
      process.off('SIGINT', handle).off('SIGTERM', handle);
    },
  };
}
