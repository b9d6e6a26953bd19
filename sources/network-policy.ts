// Which hosts a client may name: public ones, and those in the networks that the operator lists.
import { lookup } from 'node:dns/promises';
import ipaddr from 'ipaddr.js';
import { PipelineError } from '../runtime/errors.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = readonly [Address, number];

/** Resolves a host name to all its addresses. */
export type LookUp = (host: string) => Promise<readonly string[]>;

const LOOK_UP_DEADLINE_MS = 5_000;
/** Global unicast, the only part of IPv6 that is assigned to the public internet (RFC 4291, IANA registry). */
const GLOBAL_V6 = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Returns the networks of a list of CIDRs or single addresses.
 * @throws E_CONFIG naming the item that is neither.
 */
export function parseNetworks(cidrs: readonly string[]): Network[] {
  return cidrs.map((text) => {
    try {
      if (text.includes('/')) return ipaddr.parseCIDR(text);
      const address = ipaddr.parse(text);
      return [address, address.kind() === 'ipv4' ? 32 : 128];
    } catch (cause) {
      throw new PipelineError(
        'E_CONFIG',
        `Expected SOURCE_NETWORKS to list CIDRs such as 192.168.1.0/24, got \`${text}\`.`,
        { cause },
      );
    }
  });
}

/**
 * Returns the addresses of `host` (a name, an IPv4 address, or an IPv6 address in brackets), each of which is public or
 * inside one of `networks`.
 * @throws E_SOURCE_FORBIDDEN when any address is neither: a name with one good and one bad address is refused.
 * @throws E_SOURCE_UNREACHABLE when the name does not resolve within 5 s.
 */
export async function resolveHost(
  host: string,
  { networks, lookUp = lookUpAll }: { networks: readonly Network[]; lookUp?: LookUp },
): Promise<string[]> {
  const literal = host.replace(/^\[|\]$/g, '');
  const addresses = ipaddr.isValid(literal) ? [literal] : await lookUpInTime(literal, lookUp);
  return addresses.map((text) => {
    if (!ipaddr.isValid(text)) throw forbidden();
    // `process` turns an IPv4-mapped IPv6 address into the IPv4 address that it stands for.
    const address = ipaddr.process(text);
    if (!isPublic(address) && !networks.some((network) => isIn(address, network))) throw forbidden();
    return address.toString();
  });
}

/** Returns whether `text`, an address, is on the public internet. */
export function isPublicAddress(text: string): boolean {
  return ipaddr.isValid(text) && isPublic(ipaddr.process(text));
}

function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') return false;
  return address.kind() === 'ipv4' || isIn(address, GLOBAL_V6);
}

function isIn(address: Address, [network, bits]: Network): boolean {
  return address.kind() === network.kind() && address.match(network, bits);
}

function forbidden(): PipelineError {
  // The address is not named: an inside name must not be looked up through this service.
  return new PipelineError(
    'E_SOURCE_FORBIDDEN',
    'The host is not on the public internet; ask the operator to list its network in SOURCE_NETWORKS.',
  );
}

async function lookUpAll(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);
}

async function lookUpInTime(host: string, lookUp: LookUp): Promise<readonly string[]> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('The look-up took too long.')), LOOK_UP_DEADLINE_MS);
  });
  try {
    const addresses = await Promise.race([lookUp(host), deadline]);
    if (addresses.length === 0) throw new Error('The name has no address.');
    return addresses;
  } catch (cause) {
    throw new PipelineError('E_SOURCE_UNREACHABLE', 'The host name of the source does not resolve.', {
      cause,
    });
  } finally {
    clearTimeout(timer);
  }
}
