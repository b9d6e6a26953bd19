// How many wrong tokens an address may try.
import ipaddr from 'ipaddr.js';

/** Wrong tokens at once, and how long until one more is forgiven: 20, then 20 a minute. */
const BURST = 20;
const FORGIVE_MS = 3_000;
/** Addresses remembered; beyond that the one that failed longest ago is forgotten. */
const ADDRESSES_MAX = 10_000;

export interface FailureLimit {
  /** Returns the seconds until `address` may try again; 0: now. */
  waitSeconds(address: string): number;
  /** Counts a wrong token. */
  count(address: string): void;
  /** Number of addresses remembered. */
  readonly size: number;
}

/** Returns the limit, empty. `now` is in milliseconds. */
export function createFailureLimit(now: () => number = () => performance.now()): FailureLimit {
  /** When all failures of a network are forgiven: each one puts that off by {@link FORGIVE_MS}. Oldest failure first. */
  const forgiven = new Map<string, number>();
  return {
    waitSeconds(address) {
      const over = (forgiven.get(networkOf(address)) ?? 0) - now() - (BURST - 1) * FORGIVE_MS;
      return Math.max(0, Math.ceil(over / 1000));
    },
    count(address) {
      const network = networkOf(address);
      const time = now();
      const until = Math.max(forgiven.get(network) ?? 0, time) + FORGIVE_MS;
      forgiven.delete(network);
      forgiven.set(network, Math.min(until, time + BURST * FORGIVE_MS));
      const [oldest] = forgiven.keys();
      if (oldest !== undefined && forgiven.size > ADDRESSES_MAX) forgiven.delete(oldest);
    },
    get size() {
      return forgiven.size;
    },
  };
}

/** Who has one IPv6 address has the 2^64 beside it. */
function networkOf(text: string): string {
  if (!ipaddr.isValid(text)) return text;
  const address = ipaddr.process(text);
  return address.kind() === 'ipv4'
    ? address.toString()
    : address.toNormalizedString().split(':', 4).join(':');
}
