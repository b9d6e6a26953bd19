import { expect, test } from 'vitest';
import { PLAIN_INK } from '../../cli/ink.ts';
import { cellWidth } from '../../cli/screen.ts';
import { lastingLine, liveLines, plainLine, timelineLines } from '../../cli/watch-lines.ts';
import { INITIAL_WATCH, type WatchState } from '../../cli/watch-state.ts';

const guitar = { id: 'ac_1', label: 'playing guitar', start: 62.5, score: 0.71, peak: 0.93 };
const watching: WatchState = {
  ...INITIAL_WATCH,
  status: 'running',
  media: 65,
  top: [
    { label: 'playing guitar', score: 0.71 },
    { label: 'opening a door', score: 0.08 },
  ],
  background: 0.21,
  running: [guitar],
  best: new Map([['playing guitar', { label: 'playing guitar', score: 0.44, media: 3.5 }]]),
};
const frame = { title: 'clip.mp4', model: 'pocket', durationSeconds: 130, columns: 80, ink: PLAIN_INK };

test('the live picture shows where the stream is, the scores, and a line per running action', () => {
  const text = liveLines(watching, frame).join('\n');
  expect(text).toContain('clip.mp4 · pocket · running');
  expect(text).toContain('1:05.0 of 2:10.0, 50 %');
  expect(text).toMatch(/playing guitar +0\.71 █+░+/);
  expect(text).toMatch(/\(none of these\) +0\.21/);
  expect(text).toContain('▶ playing guitar  since 1:02.5 (2.5 s), now 0.71, peak 0.93');
});

test.each([60, 80, 120, 200])('at %i columns no live line is too wide', (columns) => {
  const long = 'a very long label '.repeat(10);
  const state = { ...watching, top: [{ label: long, score: 1 }], running: [{ ...guitar, label: long }] };
  const title = 'a very long name of a file '.repeat(8);
  for (const line of liveLines(state, { ...frame, title, columns })) {
    expect(cellWidth(line)).toBeLessThan(columns);
  }
});

test('without a known length the media time stands alone', () => {
  expect(plainLine(watching, { durationSeconds: null })).toBe(
    '1:05.0  top: playing guitar 0.71, opening a door 0.08, (none of these) 0.21',
  );
});

test('the timeline lists actions by their start; one that still runs has no end', () => {
  const over = [{ ...guitar, id: 'ac_0', start: 1, end: 8.25 }];
  const lines = timelineLines({ ...watching, over }, frame);
  const rows = lines.filter((line) => line.includes('playing guitar'));
  expect(
    rows.map((row) =>
      row
        .split('│')
        .map((cell) => cell.trim())
        .slice(1, -1),
    ),
  ).toEqual([
    ['0:01.0', '0:08.3', '7.3', 'playing guitar', '0.93'],
    ['1:02.5', '', '', 'playing guitar', '0.93'],
  ]);
});

test.each([80, 120])('the timeline fits %i columns, however long a label is', (columns) => {
  const over = [{ ...guitar, label: 'a label of many words '.repeat(9), end: 70 }];
  for (const line of timelineLines({ ...watching, over }, { columns, ink: PLAIN_INK })) {
    expect(cellWidth(line)).toBeLessThan(columns);
  }
});

test('where no label reached its threshold the highest scores are listed', () => {
  const lines = timelineLines({ ...watching, running: [] }, frame);
  expect(lines[0]).toContain('No label reached its threshold');
  expect(lines[1]).toBe('  0.44 at 0:03.5  playing guitar');
});

test('starts, ends and gaps leave a line; scores do not', () => {
  const head = { v: 1, stream: 'st_00000000', seq: 1, media: 9 } as const;
  const lines = [
    lastingLine({ ...head, type: 'action.started', action: guitar }, PLAIN_INK),
    lastingLine({ ...head, type: 'action.ended', action: { ...guitar, end: 70 } }, PLAIN_INK),
    lastingLine({ ...head, type: 'gap', from: 1, to: 2, windows: 1, reason: 'overload' }, PLAIN_INK),
    lastingLine({ ...head, type: 'scores', labelsVersion: 1, frames: [] }, PLAIN_INK),
  ];
  expect(lines).toEqual([
    '▶ 1:02.5  playing guitar  started, score 0.71',
    '■ 1:10.0  playing guitar  ended, 1:02.5 to 1:10.0, peak 0.93',
    '! 0:01.0 to 0:02.0 is missing (overload)',
    undefined,
  ]);
});
