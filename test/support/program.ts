// The program, started as a user starts it: a process, its words, its exit code.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.ts';

const PROGRAM = join(import.meta.dirname, '../../cli/verbcast.mjs');
const END_DEADLINE_MS = 55_000;

export interface Program {
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  /** Resolves with the match once standard output has it. */
  said(pattern: RegExp): Promise<RegExpMatchArray>;
  signal(signal: NodeJS.Signals): void;
  /** The exit code. A program that does not end in 55 s is killed: then it is null. */
  readonly ended: Promise<number | null>;
}

/** Returns a way to start the program in an empty directory of its own, and to remove what it left there. */
export async function openProgramDirectory(): Promise<{
  directory: string;
  /** `program`: another than the one that runs from its sources. */
  start(args: readonly string[], env?: Record<string, string>, program?: string): Program;
  close(): Promise<void>;
}> {
  const directory = await mkdtemp(join(tmpdir(), 'verbcast-program-'));
  const running = new Set<Program>();
  return {
    directory,
    start(args, env = {}, file = PROGRAM) {
      const program = start([file, ...args], { directory, env });
      running.add(program);
      program.ended.finally(() => running.delete(program));
      return program;
    },
    async close() {
      for (const program of running) program.signal('SIGKILL');
      await Promise.all([...running].map(({ ended }) => ended));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function start(
  args: readonly string[],
  { directory, env }: { directory: string; env: Record<string, string> },
): Program {
  const { PATH, HOME } = process.env;
  // One thread: the tests share two cores. pocket: whatever has been pulled on this machine.
  const settings = {
    PATH,
    HOME,
    DATA_DIR: join(directory, 'data'),
    MODEL: 'pocket',
    INFERENCE_THREADS: '1',
    ...env,
  };
  const child = spawn(process.execPath, args, { cwd: directory, env: settings });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), END_DEADLINE_MS);
  const ended = once(child, 'close').then(([code]) => {
    clearTimeout(timer);
    return code;
  });
  return {
    pid: child.pid ?? 0,
    stdout: () => stdout,
    stderr: () => stderr,
    signal: (signal) => child.kill(signal),
    ended,
    async said(pattern) {
      let isOver = false;
      void ended.then(() => {
        isOver = true;
      });
      const match = await eventually(
        `the program to say ${pattern}`,
        () => stdout.match(pattern) ?? (isOver ? 'over' : undefined),
        { withinMs: 40_000 },
      );
      if (match === 'over') throw new Error(`It ended without saying ${pattern}: ${stdout}${stderr}`);
      return match;
    },
  };
}
