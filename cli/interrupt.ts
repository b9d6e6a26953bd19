// Ctrl-C on a command that waits.

export interface Interrupt {
  /** Whether the user has asked to stop. */
  readonly asked: boolean;
  dispose(): void;
}

/** Calls `stop` at the first SIGINT or SIGTERM; a second one ends the process at once with exit code 130. */
export function onInterrupt(stop: () => void): Interrupt {
  let asked = false;
  const handle = () => {
    if (asked) process.exit(130);
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
