// A redis-server that keeps what it has on disk, and can be frozen, killed and started again under the same address.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PrivateRedis } from '../../cli/private-redis.ts';
import { eventually } from './eventually.ts';

export interface DurableRedis extends PrivateRedis {
  /** Starts it where nothing was lost; `settings` are those of redis.conf. */
  start(settings?: Record<string, string>): Promise<void>;
  /** As when its power is cut. */
  kill(): Promise<void>;
  /** As when its machine hangs: connections stay, nothing is answered. */
  freeze(): void;
  thaw(): void;
}

/** Returns an address at which nothing answers until `start`. */
export async function prepareRedis(): Promise<DurableRedis> {
  const directory = await mkdtemp(join(tmpdir(), 'verbcast-redis-'));
  const socket = join(directory, 'redis.sock');
  let child: ChildProcess | undefined;
  const kill = async () => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  return {
    url: `unix://${socket}`,
    get pid() {
      return child?.pid ?? 0;
    },
    async start(settings = {}) {
      // As docker-compose.yml has it. What was acknowledged is with the kernel, and so outlives the process.
      const kept = { appendonly: 'yes', appendfsync: 'everysec', save: '' };
      const all = { port: '0', unixsocket: socket, dir: directory, ...kept, ...settings };
      const words = Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]);
      child = spawn('redis-server', words, { stdio: 'ignore' });
      await eventually('redis-server to answer', () => answers(socket), { withinMs: 10_000 });
    },
    kill,
    freeze: () => child?.kill('SIGSTOP'),
    thaw: () => child?.kill('SIGCONT'),
    async close() {
      await kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socket, () => probe.write('PING\r\n'));
    probe.once('data', (data) => {
      probe.destroy();
      resolve(data.toString().startsWith('+PONG'));
    });
    probe.once('error', () => resolve(false));
  });
}
