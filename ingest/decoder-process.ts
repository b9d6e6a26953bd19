// One ffmpeg: started, read on demand, always ended and reaped.
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

/** Between SIGTERM and SIGKILL. */
const TERMINATE_GRACE_MS = 1_000;
/** How long the rest of standard error is waited for after the exit. */
const LAST_WORDS_MS = 500;

/** How a process ended: by itself with `code`, by `signal`, or never started with `error`. */
export interface DecoderExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error: NodeJS.ErrnoException | null;
}

export interface DecoderProcess {
  readonly pid: number | undefined;
  /** Paused: nothing is taken from the pipe but on demand, so that a consumer that waits makes ffmpeg wait. */
  readonly stdout: Readable;
  /** Resolves after the exit, and never rejects. */
  readonly exited: Promise<DecoderExit>;
  /** Ends the process if it has not ended: SIGTERM, SIGKILL after 1 s. Resolves when it is reaped. */
  stop(): Promise<DecoderExit>;
}

const running = new Set<ChildProcess>();
/** A program that leaves without draining takes its decoders along. */
const killAll = () => {
  for (const child of running) child.kill('SIGKILL');
};

export interface DecoderCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Starts a decoder; `onError` gets what comes on standard error. */
export function startDecoder(
  { program, args, env }: DecoderCommand,
  onError: (text: string) => void,
): DecoderProcess {
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
    // A group of its own: Ctrl-C in the terminal reaches the program, which drains, and not its decoders.
    detached: true,
  });
  const { stdout, stderr } = child;
  if (running.size === 0) process.once('exit', killAll);
  running.add(child);
  stderr.setEncoding('utf8').on('data', onError);
  stdout.on('error', () => undefined);
  stderr.on('error', () => undefined);

  const exited = new Promise<DecoderExit>((resolve) => {
    const end = (exit: DecoderExit) => {
      running.delete(child);
      if (running.size === 0) process.off('exit', killAll);
      resolve(exit);
    };
    child.on('error', (error) => {
      if (child.pid === undefined) end({ code: null, signal: null, error });
    });
    child.once('exit', (code, signal) => {
      const exit = { code, signal, error: null };
      if (stderr.readableEnded || stderr.destroyed) return end(exit);
      // A grandchild may hold the pipe open for ever.
      const timer = setTimeout(() => {
        stderr.destroy();
        end(exit);
      }, LAST_WORDS_MS);
      stderr.once('close', () => {
        clearTimeout(timer);
        end(exit);
      });
    });
  });

  return {
    pid: child.pid,
    stdout,
    exited,
    async stop() {
      // A closed pipe ends an ffmpeg that is blocked on writing, which SIGTERM alone does not.
      stdout.destroy();
      child.kill('SIGTERM');
      const kill = setTimeout(() => child.kill('SIGKILL'), TERMINATE_GRACE_MS);
      try {
        return await exited;
      } finally {
        clearTimeout(kill);
      }
    },
  };
}
