// A listener that nobody should ever connect to.
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Service } from '../../runtime/shutdown.ts';

export interface Canary extends Service {
  readonly port: number;
  /** Connections so far. */
  readonly touched: number;
}

/** Listens on every address of the machine, IPv6 too; answers nothing. */
export async function startCanary(): Promise<Canary> {
  let touched = 0;
  const server = createServer((socket) => {
    touched++;
    socket.destroy();
  });
  server.listen(0, '::');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    get touched() {
      return touched;
    },
    async close() {
      server.close();
    },
  };
}
