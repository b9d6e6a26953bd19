import { expect, test } from 'vitest';
import { teach } from '../../evaluation/teach.ts';
import { LabelExamples } from '../../protocol/labels.ts';
import { PromptCache } from '../../worker/prompt-cache.ts';

const v = (...numbers: number[]) => Float32Array.from(numbers);
const vectors = {
  dims: 3,
  labels: [
    { name: 'run', vector: v(1, 0, 0), not: [] },
    { name: 'jump', vector: v(0, 1, 0), not: [] },
  ],
  background: [v(0, 0, 1)],
};
const model = { id: 'm', logitScale: 10, logitBias: -4, scoring: 'softmax' } as const;
const clips = [
  { label: 0, embeddings: [v(0.6, 0, 0.8), v(0.6, 0, 0.8)] },
  { label: -1, embeddings: [v(0, 0.6, 0.8), v(0.8, 0.6, 0)] },
];
const options = { clips, vectors, model, words: true };

test('a label with clips gets examples that the label set accepts, one without gets none', () => {
  const [run, jump] = teach(options);
  expect(LabelExamples.parse(run)).toMatchObject({ model: 'm', count: 1, words: true, weight: 0.5 });
  expect(jump).toBeUndefined();
  expect(teach({ ...options, clips: clips.slice(0, 1) })).toEqual([undefined, undefined]);
  expect(teach({ ...options, words: false, weight: 2 })[0]).toMatchObject({ words: false, weight: 2 });
});

test('a worker reads the prototype as it was written, and refuses that of another model', async () => {
  const [examples] = teach(options);
  if (!examples) throw new Error('Expected examples.');
  const label = { name: 'run', prompts: ['run'], not: [], examples };
  const words = { labels: [label], templates: 'plain', background: [] };
  const cacheOf = (model: string) =>
    new PromptCache({
      model,
      templateSets: { plain: ['{}'] },
      embedTexts: async () => v(1, 0, 0),
    });
  const vectors = await cacheOf('m').vectorsFor(words);
  const { prototype, gain, centre } = vectors.labels[0]?.example ?? {};
  expect([...(prototype ?? [])]).toEqual([0.6, 0, 0.8].map((x) => expect.closeTo(x, 3)));
  // Cosines of the others with (0.6, 0, 0.8): 0.64 and 0.48.
  expect(centre).toBeCloseTo(0.56, 5);
  expect(gain).toBeCloseTo(0.6 / 0.44, 4);
  await expect(cacheOf('other').vectorsFor(words)).rejects.toMatchObject({ code: 'E_LABELS_INVALID' });
});

test('without words a label begins from the background, or from where a sigmoid says half', () => {
  const levelOf = (scoring: 'softmax' | 'sigmoid') =>
    teach({ ...options, words: false, model: { ...model, scoring } })[0]?.level;
  // Cosines of the others with the background: 0.8 and 0. Half of 6 logits at a scale of 10 is 0.3.
  expect(levelOf('softmax')).toBeCloseTo(0.4 - 0.3, 5);
  expect(levelOf('sigmoid')).toBeCloseTo(0.4 - 0.3, 5);
});
