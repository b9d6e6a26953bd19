// A Verbcast of separate processes, as it runs in production: started, killed and restarted one by one.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import WebSocket from 'ws';
import { type PrivateRedis, startPrivateRedis } from '../../cli/private-redis.ts';
import { type Client, createClient } from '../../client/client.ts';
import type { Service } from '../../runtime/shutdown.ts';
import { eventually } from './eventually.ts';

const PROGRAM = join(import.meta.dirname, '../../cli/verbcast.mjs');
const DRAIN_MS = 25_000;

export type ServiceName = 'ingest' | 'worker' | 'gateway';

export interface ServiceProcess {
  readonly name: ServiceName;
  readonly pid: number;
  /** Ends the process as an orchestrator does; resolves with its exit code. */
  terminate(): Promise<number | null>;
  /** Ends the process as a crash does. */
  kill(): Promise<void>;
  /** What it has logged so far. */
  log(): string;
}

export interface Cluster extends Service {
  readonly url: string;
  readonly redisUrl: string;
  readonly redisPid: number;
  readonly client: Client;
  start(name: ServiceName, env?: Record<string, string>): ServiceProcess;
  /** Resolves when the gateway answers and a worker serves. */
  ready(): Promise<void>;
  /** What all services have logged so far. */
  logs(): string;
}

/** Starts a private Redis, or takes `own`, and the services named, each in a process of its own, all on one free port. */
export async function startCluster(
  services: readonly ServiceName[],
  env: Record<string, string> = {},
  own?: PrivateRedis,
): Promise<Cluster> {
  const redis = own ?? (await startPrivateRedis());
  const dataDir = await mkdtemp(join(tmpdir(), 'verbcast-test-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const running = new Set<ServiceProcess>();
  const started: ServiceProcess[] = [];
  const client = createClient({ url, WebSocket });

  const start = (name: ServiceName, own: Record<string, string> = {}): ServiceProcess => {
    const settings = {
      REDIS_URL: redis.url,
      GATEWAY_PORT: String(port),
      DATA_DIR: dataDir,
      MODEL: 'pocket',
      ...env,
      ...own,
    };
    const child = spawn(process.execPath, [PROGRAM, name], {
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...settings },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const service = supervise(name, child, () => running.delete(service));
    running.add(service);
    started.push(service);
    return service;
  };
  for (const name of services) start(name);
  return {
    url,
    redisUrl: redis.url,
    redisPid: redis.pid,
    client,
    start,
    logs: () => started.map((service) => service.log()).join(''),
    async ready() {
      await eventually(
        'the gateway to answer and a worker to serve',
        () =>
          client.models().then(
            ({ models }) => models.length > 0,
            () => false,
          ),
        { withinMs: 30_000, everyMs: 100 },
      );
    },
    async close() {
      await Promise.all([...running].map((service) => service.terminate()));
      await redis.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

function supervise(name: ServiceName, child: ChildProcess, onExit: () => void): ServiceProcess {
  let log = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-200_000);
  });
  const exited = once(child, 'exit').then(([code]: (number | null)[]) => {
    onExit();
    return code ?? null;
  });
  return {
    name,
    pid: child.pid ?? 0,
    log: () => log,
    async terminate() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), DRAIN_MS);
      return exited.finally(() => clearTimeout(timer));
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Returns a TCP port that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('Expected a TCP port.');
  return address.port;
}
