// A redis-server of the program's own, for one machine and no set-up.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PipelineError } from '../runtime/errors.ts';
import type { Service } from '../runtime/shutdown.ts';

const START_DEADLINE_MS = 10_000;
const STOP_DEADLINE_MS = 5_000;

export interface PrivateRedis extends Service {
  /** `unix:///…/redis.sock`: no port is opened, and only this user can connect. */
  readonly url: string;
  readonly pid: number;
}

/**
 * Starts a redis-server on a Unix socket in a temporary directory, in memory only; `close` ends it and removes the
 * directory. `maxMemory` is in Redis's notation (`512mb`); no limit by default. Where the kernel can be told (Linux with
 * util-linux), it ends with this process even when that is killed by SIGKILL; the empty directory stays then.
 * @throws E_REDIS_UNAVAILABLE when redis-server is not installed or does not answer within 10 s.
 */
export async function startPrivateRedis({
  maxMemory = '0',
}: {
  maxMemory?: string;
} = {}): Promise<PrivateRedis> {
  const directory = await mkdtemp(join(tmpdir(), 'verbcast-redis-'));
  const socket = join(directory, 'redis.sock');
  const settings = {
    port: '0',
    unixsocket: socket,
    unixsocketperm: '700',
    dir: directory,
    save: '',
    appendonly: 'no',
    'maxmemory-policy': 'noeviction',
    maxmemory: maxMemory,
  };
  const [program, ...before] = [...dyingWithParent(), 'redis-server'];
  const child = spawn(
    program,
    [...before, ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])],
    {
      stdio: ['ignore', 'ignore', 'ignore'],
      // A group of its own: Ctrl-C in the terminal reaches the program, which drains before it takes Redis down.
      detached: true,
    },
  );
  const killWithParent = () => {
    child.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  };
  process.once('exit', killWithParent);
  const close = async () => {
    process.off('exit', killWithParent);
    await stop(child);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await Promise.race([listening(socket), failure(child)]);
  } catch (error) {
    await close();
    throw error;
  }
  return { url: `unix://${socket}`, pid: child.pid ?? 0, close };
}

/** Returns the command to put before another so that the kernel kills that one when this process dies; none elsewhere. */
function dyingWithParent(): string[] {
  try {
    // `keep` changes nothing: it only tells whether this setpriv knows the option.
    execFileSync('setpriv', ['--pdeathsig', 'keep', 'true'], { stdio: 'ignore' });
    return ['setpriv', '--pdeathsig', 'KILL'];
  } catch {
    return [];
  }
}

async function listening(socket: string): Promise<void> {
  const deadline = Date.now() + START_DEADLINE_MS;
  while (Date.now() < deadline) {
    const answered = await new Promise<boolean>((resolve) => {
      const probe = connect(socket);
      probe.once('connect', () => resolve(true)).once('error', () => resolve(false));
      probe.once('connect', () => probe.destroy());
    });
    if (answered) return;
    await delay(20);
  }
  throw new PipelineError('E_REDIS_UNAVAILABLE', 'The private redis-server did not answer within 10 s.');
}

async function failure(child: ChildProcess): Promise<never> {
  const [reason] = await Promise.race([
    once(child, 'exit'),
    once(child, 'error').then((error) => error),
  ]).catch((error: unknown) => [error]);
  throw new PipelineError(
    'E_REDIS_UNAVAILABLE',
    'redis-server could not be started. Install it (Debian: apt-get install redis-server) or set REDIS_URL.',
    { cause: reason },
  );
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
  await exited;
  clearTimeout(timer);
}
