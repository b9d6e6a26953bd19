// Two runs over the same footage, one of them disturbed, and whether a client can tell.
import { expect } from 'vitest';
import type { Client } from '../../client/client.ts';
import type { StreamEvent } from '../../protocol/event.ts';

/** Half floats, and batches that fall out differently. */
const SCORE_SLACK = 0.002;

/** Watches a stream to its end and returns its events. */
export async function watchToEnd(
  client: Client,
  id: string,
  onEvent: (event: StreamEvent) => void = () => undefined,
): Promise<StreamEvent[]> {
  const events: StreamEvent[] = [];
  for await (const event of client.watch(id)) {
    events.push(event);
    onEvent(event);
  }
  return events;
}

const seqs = (events: readonly StreamEvent[]) => events.map(({ seq }) => seq);
export const framesOf = (events: readonly StreamEvent[]) =>
  events.flatMap((event) => (event.type === 'scores' ? event.frames : []));
export const actionsOf = (events: readonly StreamEvent[]) =>
  events.flatMap((event) => (event.type === 'action.ended' ? [event.action] : []));

/** Expects every event once and in order, the same frames, scores and actions, and the end. */
export function expectSameLabels(
  disturbed: readonly StreamEvent[],
  undisturbed: readonly StreamEvent[],
): void {
  expect(seqs(disturbed)).toEqual(disturbed.map((_, i) => i + 1));
  expect(framesOf(disturbed).map(({ media }) => media)).toEqual(
    framesOf(undisturbed).map(({ media }) => media),
  );
  for (const [i, frame] of framesOf(undisturbed).entries()) {
    const scores = new Map(framesOf(disturbed)[i]?.top.map(({ label, score }) => [label, score]));
    for (const { label, score } of frame.top) {
      expect(Math.abs((scores.get(label) ?? -1) - score), `${label} @ ${frame.media}`).toBeLessThan(
        SCORE_SLACK,
      );
    }
  }
  const shape = (events: readonly StreamEvent[]) =>
    actionsOf(events).map(({ label, start, end }) => [label, start, end]);
  expect(shape(disturbed)).toEqual(shape(undisturbed));
  expect(disturbed.at(-1)).toMatchObject({ type: 'stream.status', status: 'ended' });
}
