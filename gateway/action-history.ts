// A stream's event log → its actions.
import type { Action } from '../protocol/event.ts';
import { decodeEvent } from '../protocol/event-log.ts';
import type { ActionSpan } from '../protocol/rest.ts';
import type { StreamHome } from './stream-creation.ts';

const PAGE = 500;

/**
 * Returns the actions of a stream in order of their start; those that hold still have no end. Built from the event log, so
 * an action all of whose events were trimmed is missing.
 */
export async function readActions(
  { redis, keys }: Pick<StreamHome, 'redis' | 'keys'>,
  stream: string,
): Promise<ActionSpan[]> {
  const actions = new Map<string, Action>();
  let from = '-';
  for (;;) {
    const page = await redis.xrange(keys.events(stream), from, '+', 'COUNT', PAGE);
    for (const entry of page) {
      // Most of a log is scores: these are not worth parsing.
      if (!entry[1][1]?.includes('"action.')) continue;
      const event = decodeEvent(entry);
      if ('action' in event) actions.set(event.action.id, event.action);
    }
    const last = page.at(-1);
    if (!last || page.length < PAGE) break;
    from = `(${last[0]}`;
  }
  return [...actions.values()]
    .map(({ score: _, ...span }) => span)
    .sort((a, b) => a.start - b.start || a.label.localeCompare(b.label));
}
