import { expect, test } from 'vitest';
import type { EventDraft } from '../../protocol/event.ts';
import { decodeEvent, encodeEvent, eventOrigin, eventText } from '../../protocol/event-log.ts';
import { decodeOrigin, encodeOrigin } from '../../protocol/origin.ts';

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const SCORES: EventDraft = { type: 'scores', media: 1, labelsVersion: 1, frames: [] };

test.each([{ publishedAt: 1_700_000_000_000 }, { publishedAt: 1_700_000_000_000, trace: TRACE }])(
  'an origin comes back as it was: %o',
  (origin) => {
    expect(decodeOrigin(encodeOrigin(origin))).toEqual(origin);
    expect(encodeOrigin(origin).length).toBeLessThanOrEqual(80);
  },
);

test('an origin stands in front of the body, and is no part of the event', () => {
  const origin = { publishedAt: 12, trace: TRACE };
  const stored = encodeEvent('st_00000000', SCORES, origin);
  const body = encodeEvent('st_00000000', SCORES);
  expect(stored).toBe(`12 ${TRACE}${body}`);
  const entry = ['7-0', ['e', body, 'o', `12 ${TRACE}`]] as const;
  expect(eventOrigin(entry)).toEqual(origin);
  expect(decodeEvent(entry)).toEqual({ v: 1, seq: 7, stream: 'st_00000000', ...SCORES });
  expect(JSON.parse(eventText(entry))).toEqual(decodeEvent(entry));
  expect(eventOrigin(['7-0', ['e', body]])).toBeUndefined();
});
