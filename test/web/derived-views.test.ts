// What the page computes from a view: columns of the chart, lanes, moments, remedies.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { FrameScores } from '../../protocol/event.ts';
import { ERRORS } from '../../runtime/errors.ts';
import { actionsAt } from '../../web/actions-at.ts';
import { bestMoments } from '../../web/best-moments.ts';
import { chartColumns } from '../../web/chart-data.ts';
import { parseErrorTable } from '../../web/error-table.ts';
import { blocksOf, lanesOf } from '../../web/lanes.ts';
import { EMPTY_VIEW, type StreamView } from '../../web/stream-view.ts';

const frame = (media: number, top: Record<string, number>, background = 0.1): FrameScores => ({
  media,
  background,
  top: Object.entries(top).map(([label, score]) => ({ label, score })),
});
const action = (id: string, label: string, start: number, end?: number) => ({
  id,
  label,
  start,
  score: 0.5,
  peak: 0.9,
  ...(end === undefined ? {} : { end }),
});
const view: StreamView = {
  ...EMPTY_VIEW,
  media: 12,
  everyLabel: ['old', 'waving', 'unused', 'running'],
  past: [action('ac_1', 'old', 0, 2), action('ac_2', 'waving', 1, 4)],
  running: [action('ac_3', 'running', 9)],
};

describe('the columns of the chart', () => {
  it('have a score per label and frame, the background last, and nothing where a label is not among the best', () => {
    const frames = [frame(0, { a: 0.6, b: 0.3 }), frame(1, { a: 0.7 }, 0.2)];
    expect(chartColumns(frames, { labels: ['a', 'b'], gaps: [] })).toEqual([
      [0, 1],
      [0.6, 0.7],
      [0.3, null],
      [0.1, 0.2],
    ]);
  });

  it('break every line inside a gap', () => {
    const frames = [frame(0, { a: 0.6 }), frame(9, { a: 0.7 })];
    expect(chartColumns(frames, { labels: ['a'], gaps: [{ from: 1, to: 8 }] })).toEqual([
      [0, 4.5, 9],
      [0.6, null, 0.7],
      [0.1, null, 0.1],
    ]);
  });
});

describe('the lanes of the timeline', () => {
  it('are the current labels, then older ones that had an action', () => {
    expect(lanesOf(view, ['waving', 'running'])).toEqual(['waving', 'running', 'old']);
  });

  it('begin with what happened where there are many labels', () => {
    const labels = Array.from({ length: 20 }, (_, index) => `label ${index}`);
    const many = {
      ...view,
      labels,
      everyLabel: labels,
      past: [action('ac_1', 'label 17', 0, 2)],
      running: [],
    };
    expect(lanesOf(many, labels)[0]).toBe('label 17');
    expect(lanesOf(many, labels)).toHaveLength(20);
  });

  it('hold the actions that touch the stretch shown; a running one reaches up to what is known', () => {
    const span = { from: 5, to: 20 };
    expect(blocksOf(view, 'waving', span)).toEqual([]);
    expect(blocksOf(view, 'running', span)).toMatchObject([{ from: 9, to: 12, running: true }]);
  });
});

describe('blocks that lie closer than a pixel', () => {
  const span = { from: 0, to: 6_000 };
  const dense = {
    ...view,
    past: [
      action('ac_1', 'waving', 0, 10),
      action('ac_2', 'waving', 12, 20),
      action('ac_3', 'waving', 40, 50),
    ],
    running: [],
  };

  it('are drawn as one that says how many they are', () => {
    expect(blocksOf(dense, 'waving', span)).toMatchObject([
      { count: 2, from: 0, to: 20 },
      { count: 1, from: 40, to: 50 },
    ]);
  });

  it('come apart when one looks closer', () => {
    expect(blocksOf(dense, 'waving', { from: 0, to: 60 })).toHaveLength(3);
  });
});

describe('the moment that the video shows', () => {
  it('has the actions that hold there: from their start, up to but not at their end', () => {
    const at = (media: number) => actionsAt(view, media).map(({ id }) => id);
    expect(at(1)).toEqual(['ac_1', 'ac_2']);
    expect(at(2)).toEqual(['ac_2']);
    expect(at(11)).toEqual(['ac_3']);
    expect(at(15)).toEqual([]);
  });
});

describe('the best moments of an answer about the past', () => {
  it('lie above the background, best first, and are not the same moment twice', () => {
    const past = {
      labels: ['fall', 'wave'],
      times: [0, 10, 11, 30],
      scores: [
        [0.05, 0.8, 0.9, 0.4],
        [0, 0.6, 0, 0],
      ],
      background: [0.1, 0.1, 0.1, 0.1],
    };
    expect(bestMoments(past)).toEqual([
      { label: 'fall', media: 11, score: 0.9 },
      { label: 'wave', media: 10, score: 0.6 },
      { label: 'fall', media: 30, score: 0.4 },
    ]);
  });
});

describe('the remedies', () => {
  it('are there for every code of the error table', () => {
    const table = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
    const remedies = parseErrorTable(table);
    for (const code of Object.keys(ERRORS)) expect(remedies.get(code), code).toMatch(/\w+.*\.$/);
    expect(remedies.get('E_FFMPEG_MISSING')).not.toContain('`');
  });
});
