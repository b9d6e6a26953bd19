// What a process and a Redis hold: file descriptors, timers, children, keys.
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import type { Redis } from '../../runtime/redis.ts';

/** BullMQ's own keys of a queue, which no stream owns: counters, options, the lists and sets that are empty when idle. */
const QUEUE_BOOKKEEPING =
  /^\{[^}]+\}:[^:]+:(id|meta|events|marker|stalled-check|pc|limiter|wait|active|prioritized|delayed|stalled|completed|failed|repeat)$/;

/** Returns the names of the programs that run with `text` in their command line. */
export function programsNaming(text: string): string[] {
  const all = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  return all.filter((line) => line.includes(text) && !line.includes('ps -eo'));
}

/** Returns the commands of a process's children. */
export function childrenOf(pid: number): string[] {
  const all = execFileSync('ps', ['-eo', 'ppid=,comm='], { encoding: 'utf8' }).split('\n');
  return all.flatMap((line) => {
    const [parent, command] = line.trim().split(/\s+/);
    return Number(parent) === pid && command !== undefined && command !== 'ps' ? [command] : [];
  });
}

export function fileDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Every key. */
export async function allKeys(redis: Redis): Promise<string[]> {
  const keys: string[] = [];
  let cursor = '0';
  do {
    const [next, page] = await redis.scan(cursor, 'COUNT', 1_000);
    keys.push(...page);
    cursor = next;
  } while (cursor !== '0');
  return [...new Set(keys)].sort();
}

/** Keys that neither expire nor are a queue's bookkeeping. */
export async function keysForEver(redis: Redis): Promise<string[]> {
  const keys = await allKeys(redis);
  const ttls = await Promise.all(keys.map((key) => redis.pttl(key)));
  return keys.filter((key, i) => ttls[i] === -1 && !QUEUE_BOOKKEEPING.test(key));
}

/** Jobs by queue that are being worked on. */
export async function activeJobs(redis: Redis): Promise<Record<string, number>> {
  const lists = (await allKeys(redis)).filter((key) => key.endsWith(':active'));
  return Object.fromEntries(await Promise.all(lists.map(async (key) => [key, await redis.llen(key)])));
}
