// How many wrong tokens an address may try.
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Wrong tokens at once, and how long until one more is forgiven: 20, then 20 a minute. */
const BURST = 20;
const FORGIVE_MS = 3_000;
/** Networks remembered: the newest half of this, and the half before. */
const NETWORKS_MAX = 10_000;

export interface FailureLimit {
  /** Returns the seconds until `address` may try again; 0: now. */
  waitSeconds(address: string): number;
  /** Counts a wrong token. */
  count(address: string): void;
  /** Number of networks remembered. */
  readonly size: number;
}

/** Returns the limit, empty. `now` is in milliseconds. */
export function createFailureLimit(now: () => number = () => performance.now()): FailureLimit {
  // When all failures of a network are forgiven. Two generations: forgetting the oldest one by one is slow in a Map.
  let newer = new Map<string, number>();
  let older = new Map<string, number>();
  const forgivenAt = (network: string) => newer.get(network) ?? older.get(network) ?? 0;
  return {
    waitSeconds(address) {
      if (newer.size + older.size === 0) return 0;
      const over = forgivenAt(networkOf(address)) - now() - (BURST - 1) * FORGIVE_MS;
      return Math.max(0, Math.ceil(over / 1000));
    },
    count(address) {
      const network = networkOf(address);
      const time = now();
      const until = Math.max(forgivenAt(network), time) + FORGIVE_MS;
      newer.set(network, Math.min(until, time + BURST * FORGIVE_MS));
      if (newer.size < NETWORKS_MAX / 2) return;
      older = newer;
      newer = new Map();
    },
    get size() {
      return newer.size + older.size;
    },
  };
}

/** Who has one IPv6 address has the 2^64 beside it. An IPv4 address stands for itself, mapped into IPv6 too. */
function networkOf(text: string): string {
  const address = text.startsWith('::ffff:') ? text.slice('::ffff:'.length) : text;
  if (isIP(address) !== 6) return address;
  return ipaddr.parse(address).toNormalizedString().split(':', 4).join(':');
}
