// A gateway in a process of its own, to be attacked: its memory is its own, and is told in MiB.
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { createClient } from '../../client/client.ts';
import { hashToken, newToken } from '../../gateway/tokens.ts';
import { createKeyspace } from '../../protocol/keys.ts';
import { createLog } from '../../runtime/log.ts';
import { closeRedis, openRedis } from '../../runtime/redis.ts';
import type { Service } from '../../runtime/shutdown.ts';
import { startCluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';

/** Memory is read where Linux tells it. */
export const canMeasure = process.platform === 'linux';

export interface Victim extends Service {
  readonly url: string;
  readonly port: number;
  /** May do everything. */
  readonly token: string;
  /** Submits a stream and returns its id. */
  submit(): Promise<string>;
  /**
   * Runs an attack, prints and returns by how many MiB the process grew at its peak, and checks that it serves as before:
   * a probe, an authenticated request, a subscription.
   */
  during(what: string, attack: () => Promise<void>): Promise<number>;
  /** What the gateway has logged so far. */
  log(): string;
}

/** Starts the gateway, with tokens. */
export async function startVictim(env: Record<string, string> = {}): Promise<Victim> {
  const directory = await mkdtemp(join(tmpdir(), 'verbcast-victim-'));
  const tokensFile = join(directory, 'tokens');
  const token = newToken();
  await writeFile(tokensFile, JSON.stringify({ id: 'owner', hash: hashToken(token), scopes: ['admin'] }));
  await writeFile(join(directory, 'clip.mp4'), 'some bytes');
  const cluster = await startCluster([], { MEDIA_DIRS: directory, AUTH_TOKENS_FILE: tokensFile, ...env });
  const { url } = cluster;
  const gateway = cluster.start('gateway');
  const client = createClient({ url, token, WebSocket });
  await eventually('the gateway to answer', () => client.models().catch(() => undefined), {
    withinMs: 30_000,
  });

  const redis = openRedis(cluster.redisUrl, {
    use: 'command',
    log: createLog('test', 'silent'),
    name: 'test',
  });
  const submit = async () => {
    const geometry = { sizePx: 64, resizePx: 64, resize: 'shortest', resample: 'bicubic' };
    const model = { id: 'pocket', geometry, dims: 8, templates: ['action'], seenAt: Date.now() };
    await redis.hset(createKeyspace().models, 'pocket', JSON.stringify(model));
    return (await client.createStream({ source: { path: 'clip.mp4' }, labels: ['waving'] })).id;
  };
  const checkAlive = async () => {
    const probe = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(5_000) });
    if (probe.status !== 200) throw new Error(`Expected the gateway to live, got ${probe.status}.`);
    for await (const event of client.watch(await submit())) if (event.seq === 1) break;
    // Its seat is free again when the gateway has seen it go.
    await eventually('the socket of the probe to be gone', async () => {
      const metrics = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
      return /^verbcast_sockets 0$/m.test(await metrics.text());
    });
  };
  // Once for what is loaded and compiled with the first request.
  await checkAlive();
  return {
    url,
    port: Number(new URL(url).port),
    token,
    submit,
    async during(what, attack) {
      forgetPeak(gateway.pid);
      const before = memoryMib(gateway.pid, 'VmRSS');
      await attack();
      const grownMib = memoryMib(gateway.pid, 'VmHWM') - before;
      console.log(`${what}: RSS of ${before.toFixed(0)} MiB grew by ${grownMib.toFixed(1)} MiB at its peak`);
      await checkAlive();
      return grownMib;
    },
    log: () => gateway.log(),
    async close() {
      await closeRedis(redis);
      await cluster.close();
      await rm(directory, { recursive: true });
    },
  };
}

/** Has the peak of a process's memory counted from now on. */
function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

function memoryMib(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const match = new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(match?.[1]) / 1024;
}

/** A bare connection that has sent `text` and keeps what comes back. */
export interface RawConnection {
  readonly socket: Socket;
  received(): string;
  /** Resolves when the other side has closed. */
  readonly closed: Promise<void>;
}

export function openRaw(port: number, text: string): RawConnection {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk;
  });
  // Being cut off is what these connections are for.
  socket.on('error', () => undefined);
  socket.write(text);
  return {
    socket,
    received: () => received,
    closed: new Promise((resolve) => {
      socket.once('close', () => resolve());
    }),
  };
}
