import { expect, test } from 'vitest';
import { LabelSet, LabelSetInput, toLabelSet } from '../../protocol/labels.ts';
import { CreateStream } from '../../protocol/stream.ts';

const faults = (input: unknown) =>
  LabelSetInput.safeParse(input).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ??
  [];

test('independent labels need something to be told from', () => {
  const labels = ['waving', { name: 'falling', not: ['lying down'] }];
  expect(faults({ labels, scoring: 'independent', background: [] })).toEqual([
    expect.stringMatching(/^background: Expected background prompts/),
  ]);
  expect(faults({ labels, scoring: 'independent' })).toEqual([]);
  expect(faults({ labels, scoring: 'independent', background: ['an empty room'] })).toEqual([]);
  expect(faults({ labels: labels.slice(1), scoring: 'independent', background: [] })).toEqual([]);
  expect(faults({ labels, background: [] })).toEqual([]);
});

test('a stream that is created is held to the same', () => {
  const body = { source: { path: 'a.mp4' }, labels: ['waving'], scoring: 'independent', background: [] };
  expect(CreateStream.safeParse(body).success).toBe(false);
  expect(CreateStream.parse({ ...body, background: ['an empty room'] })).toMatchObject({
    scoring: 'independent',
    options: { sampleFps: 2, poolSeconds: 3 },
  });
});

test('what calibration and examples add is kept when a label set is stored', () => {
  const examples = {
    model: 'pocket',
    prototype: 'AAAA',
    gain: 0.5,
    centre: 0.2,
    level: 0.1,
    words: false,
    weight: 0.25,
    count: 4,
  };
  const input = LabelSetInput.parse({
    labels: [{ name: 'waving', threshold: 0.4, examples }],
    temperature: 1.5,
    scoring: 'softmax',
  });
  const stored = LabelSet.parse(JSON.parse(JSON.stringify(toLabelSet(input, 3))));
  expect(stored).toMatchObject({ version: 3, temperature: 1.5, scoring: 'softmax' });
  expect(stored.labels).toEqual([{ name: 'waving', prompts: ['waving'], not: [], threshold: 0.4, examples }]);
});

test('examples are checked where they come in', () => {
  const label = (more: object) => ({
    labels: [
      {
        name: 'a',
        examples: { model: 'm', prototype: 'AAAA', gain: 1, centre: 0, level: 0, count: 1, ...more },
      },
    ],
  });
  expect(faults(label({}))).toEqual([]);
  expect(LabelSetInput.parse(label({})).labels[0]).toMatchObject({ examples: { weight: 0.5, words: true } });
  for (const wrong of [{ gain: 0 }, { weight: 11 }, { prototype: '!' }, { prototype: '' }, { count: 0 }])
    expect(LabelSetInput.safeParse(label(wrong)).success).toBe(false);
});
