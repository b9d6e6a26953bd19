// Names of the files that this browser has uploaded: the server knows an upload by its id only.
import type { StreamRecord } from '../protocol/stream.ts';

const NAMES_ITEM = 'verbcast.names';
/** Names kept; the oldest go first. */
const MAX_NAMES = 100;

/** Remembers under which name a person knows a stream. */
export function rememberName(stream: string, name: string): void {
  const names = [...readNames().filter(([id]) => id !== stream), [stream, name]];
  try {
    localStorage.setItem(NAMES_ITEM, JSON.stringify(names.slice(-MAX_NAMES)));
  } catch {
    // A browser that keeps nothing shows the server's name.
  }
}

/** Returns what to call a stream: the name that this browser knows, or its source. */
export function nameOf(record: StreamRecord): string {
  return readNames().find(([id]) => id === record.id)?.[1] ?? record.source;
}

function readNames(): [string, string][] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(NAMES_ITEM) ?? '[]');
    return Array.isArray(stored) ? stored.filter(isPair) : [];
  } catch {
    return [];
  }
}

function isPair(value: unknown): value is [string, string] {
  return Array.isArray(value) && typeof value[0] === 'string' && typeof value[1] === 'string';
}
