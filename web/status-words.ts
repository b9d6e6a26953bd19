// What a status means, in words.
import type { StreamStatus } from '../protocol/stream.ts';

const WORDS: Record<StreamStatus, string> = {
  queued: 'Waiting its turn',
  connecting: 'Opening the source',
  running: 'Watching',
  reconnecting: 'Source lost, trying again',
  ended: 'Finished',
  failed: 'Failed',
  cancelled: 'Stopped',
};

/** Returns the words for a status; null means that nothing is known yet. */
export function statusWords(status: StreamStatus | null): string {
  return status === null ? 'Asking' : WORDS[status];
}

/** Returns how a status should look. */
export function statusTone(status: StreamStatus | null): 'calm' | 'active' | 'bad' | 'warn' {
  if (status === 'failed') return 'bad';
  if (status === 'reconnecting') return 'warn';
  return status === 'running' || status === 'connecting' ? 'active' : 'calm';
}

/** Returns whether a stream in this status will never tell more. */
export function isOver(status: StreamStatus | null): boolean {
  return status === 'ended' || status === 'failed' || status === 'cancelled';
}
