// A connection to a source: to an address that was checked, and to no other.
import { once } from 'node:events';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { PipelineError } from '../runtime/errors.ts';
import { isPublicAddress, type LookUp, parseNetworks, resolveHost } from './network-policy.ts';

/** Which hosts may be reached. */
export interface NetworkRules {
  /** CIDRs beside the public internet (SOURCE_NETWORKS). */
  readonly sourceNetworks: readonly string[];
  /** How names are resolved; the system's resolver otherwise. */
  readonly lookUp?: LookUp;
}

export interface Endpoint {
  /** A name, an IPv4 address, or an IPv6 address in brackets. */
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
}

/** How long one address has to answer, and to finish the TLS handshake. */
const CONNECT_MS = 8_000;

/**
 * Connects to `endpoint`: its name is resolved and every address checked here, and the connection goes to one of these, so
 * that a name that changes its mind between the check and the connection leads nowhere. A certificate is verified on the
 * public internet; cameras in the operator's own networks sign their own.
 * @throws E_SOURCE_FORBIDDEN, E_SOURCE_UNREACHABLE; the signal's reason when it is aborted.
 */
export async function connectPinned(
  endpoint: Endpoint,
  { sourceNetworks, lookUp }: NetworkRules,
  signal: AbortSignal,
): Promise<Socket> {
  const networks = parseNetworks(sourceNetworks);
  const addresses = await resolveHost(endpoint.host, { networks, ...(lookUp ? { lookUp } : {}) });
  let last: unknown;
  for (const address of addresses) {
    signal.throwIfAborted();
    try {
      return await connectTo(address, endpoint, signal);
    } catch (error) {
      last = error;
    }
  }
  signal.throwIfAborted();
  throw new PipelineError('E_SOURCE_UNREACHABLE', `The source does not answer: ${tell(last)}.`, {
    cause: last,
  });
}

async function connectTo(address: string, { host, port, isTls }: Endpoint, signal: AbortSignal) {
  const name = host.replace(/^\[|\]$/g, '');
  const socket = isTls
    ? connectTls({
        ...{ host: address, port, rejectUnauthorized: isPublicAddress(address) },
        ...(isIP(name) === 0 ? { servername: name } : {}),
      })
    : connectTcp({ host: address, port });
  // An error after the connection is reported by 'close' too; whoever uses the socket watches that.
  socket.on('error', () => undefined);
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_MS)]);
    await once(socket, isTls ? 'secureConnect' : 'connect', { signal: limit });
    return socket.setNoDelay(true);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** The kind of failure alone: the address may be one that a client must not learn. */
function tell(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ECONNREFUSED') return 'the connection is refused';
  if (code === 'ABORT_ERR') return `no connection within ${CONNECT_MS / 1_000} s`;
  return code === '' ? 'the connection failed' : `the connection failed with ${code}`;
}
