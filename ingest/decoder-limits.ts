// How much of the machine one ffmpeg may take.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const OPEN_FILES = 256;

export interface DecoderLimits {
  /** Bytes of address space. */
  readonly memoryBytes?: number;
  /** Seconds of processor time, of all threads together. */
  readonly cpuSeconds?: number;
}

/** Returns a program and arguments that run `program` with `args` within `limits`. */
export type Limiter = (
  program: string,
  args: readonly string[],
  limits: DecoderLimits,
) => { program: string; args: string[] };

/** Leaves everything to the system's own limits. */
export const unlimited: Limiter = (program, args) => ({ program, args: [...args] });

/**
 * Limits by util-linux's `prlimit`, which sets them and becomes the program: no shell, and the process id stays. A limit on
 * processor time ends ffmpeg with SIGXCPU, and one on memory makes its allocations fail.
 */
export const limitByPrlimit: Limiter = (program, args, { memoryBytes, cpuSeconds }) => ({
  program: 'prlimit',
  args: [
    '--core=0',
    `--nofile=${OPEN_FILES}`,
    ...(memoryBytes === undefined ? [] : [`--as=${memoryBytes}`]),
    // The hard limit comes a little later: at the soft one a program may still say so.
    ...(cpuSeconds === undefined ? [] : [`--cpu=${cpuSeconds}:${cpuSeconds + 5}`]),
    program,
    ...args,
  ],
});

/** Returns what limits decoders on this machine, or null where there is no `prlimit`. */
export async function findLimiter(): Promise<Limiter | null> {
  return run('prlimit', ['--version']).then(
    () => limitByPrlimit,
    () => null,
  );
}
