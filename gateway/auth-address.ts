// Where a request comes from: the peer, or what a trusted proxy in front says.
import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';
import { PipelineError } from '../runtime/errors.ts';

/** Returns whether an address is one of ours. */
export type ProxyTrust = (address: string) => boolean;

/** Returns the trust in the proxies that TRUSTED_PROXIES lists as addresses or CIDRs. @throws E_CONFIG */
export function parseProxies(cidrs: readonly string[]): ProxyTrust {
  const networks = cidrs.map((text) => {
    try {
      if (text.includes('/')) return ipaddr.parseCIDR(text);
      const address = ipaddr.process(text);
      return [address, address.kind() === 'ipv4' ? 32 : 128] as const;
    } catch (cause) {
      throw new PipelineError(
        'E_CONFIG',
        `Expected TRUSTED_PROXIES to list addresses or CIDRs, got \`${text}\`.`,
        { cause },
      );
    }
  });
  return (text) => {
    if (!ipaddr.isValid(text)) return false;
    const address = ipaddr.process(text);
    return networks.some(([base, bits]) => address.kind() === base.kind() && address.match(base, bits));
  };
}

/**
 * Returns the address of the client: the last one in `X-Forwarded-For` that no trusted proxy has. Who is not behind one
 * may write into that header what they like; it is not looked at.
 */
export function clientAddress(request: IncomingMessage, isTrusted: ProxyTrust): string {
  const hops = [request.headers['x-forwarded-for'] ?? []]
    .flat()
    .join(',')
    .split(',')
    .map((hop) => hop.trim());
  let address = request.socket.remoteAddress ?? '';
  while (isTrusted(address)) {
    const hop = hops.pop();
    if (hop === undefined || !ipaddr.isValid(hop)) break;
    address = hop;
  }
  return address;
}
