// Who is at the other end of a connection on loopback: a relay lets only its own user's programs through.
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';

const ESTABLISHED_UID = 7;

/**
 * Returns whether the peer of `socket`, which is on 127.0.0.1, belongs to the user of this process. Where the system does
 * not tell (/proc is Linux's), every peer does.
 */
export async function isOwnPeer(socket: Socket): Promise<boolean> {
  const { remotePort, localPort } = socket;
  const uid = process.getuid?.();
  if (remotePort === undefined || localPort === undefined) return false;
  if (uid === undefined) return true;
  const table = await readFile('/proc/net/tcp', 'latin1').catch(() => null);
  if (table === null) return true;
  // Columns: number, local address, remote address, state, queues, timer, retransmits, uid.
  const row = table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find(([, local, remote]) => local === end(remotePort) && remote === end(localPort));
  return row !== undefined && Number(row[ESTABLISHED_UID]) === uid;
}

/** 127.0.0.1 as /proc writes it: in the byte order of the machine, which is little-endian wherever Node runs but s390x. */
function end(port: number): string {
  const address = new Uint8Array(new Uint32Array([0x0100_007f]).buffer)[0] === 0x7f ? '0100007F' : '7F000001';
  return `${address}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
}
