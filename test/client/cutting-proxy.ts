// A TCP proxy that cuts everybody off when it is told to: the network between a client and its gateway.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Service } from '../../runtime/shutdown.ts';

export interface CuttingProxy extends Service {
  readonly url: string;
  /** Connections so far. */
  readonly connections: number;
  /** Cuts every open connection without a word. */
  cut(): void;
  /** Where new connections go; null: they are cut at once. */
  target: string | null;
}

/** Starts a proxy on loopback in front of the server at `target`. */
export async function startCuttingProxy(target: string): Promise<CuttingProxy> {
  const open = new Set<Socket>();
  const state = { target: target as string | null, connections: 0 };
  const server = createServer((incoming) => {
    state.connections += 1;
    if (state.target === null) return incoming.destroy();
    const { hostname, port } = new URL(state.target);
    const outgoing = connect(Number(port), hostname);
    for (const [one, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      open.add(one);
      one.on('error', () => one.destroy());
      one.once('close', () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  return Object.assign(state, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    async close() {
      cut();
      server.close();
      await once(server, 'close');
    },
  });
}
