// The prompt bank: which texts are embedded, and what becomes of them.
import { expect, test } from 'vitest';
import {
  assemblePrompts,
  buildPromptVectors,
  embedPhrases,
  type PromptSet,
  promptPhrases,
  promptTexts,
} from '../../models/prompt-bank.ts';

const v = (...numbers: number[]) => Float32Array.from(numbers);
const set: PromptSet = {
  labels: [
    { name: 'fall', prompts: ['falling', 'slipping'], not: ['lying'] },
    { name: 'nap', prompts: ['lying'], not: [] },
  ],
  background: ['nobody'],
};

/** A text tower of four texts in two dimensions. */
const TOWER = new Map([
  ['A falling', v(1, 0)],
  ['B falling', v(0, 1)],
  ['A slipping', v(0, 1)],
  ['B slipping', v(0, 1)],
  ['A lying', v(0.6, 0.8)],
  ['B lying', v(0.6, 0.8)],
  ['A nobody', v(-1, 0)],
  ['B nobody', v(-1, 0)],
]);
const TEMPLATES = ['A {}', 'B {}'];
const embed = async (texts: readonly string[]) => texts.map((text) => TOWER.get(text) ?? v(9, 9));

test('the phrases and texts of a label set are known beforehand, each once', () => {
  expect(promptPhrases(set)).toEqual(['falling', 'slipping', 'lying', 'nobody']);
  expect(promptTexts(promptPhrases(set), TEMPLATES)).toEqual([...TOWER.keys()]);
});

test('a phrase is the renormalised mean of its templates, a label that of its phrases', async () => {
  const vectors = await buildPromptVectors(set, TEMPLATES, embed);
  expect(vectors.dims).toBe(2);
  expect(vectors.labels.map((label) => label.name)).toEqual(['fall', 'nap']);
  // falling: (1,0)+(0,1) → (0.707107, 0.707107); slipping: (0,1); together (0.707107, 1.707107), length
  // √(0.5 + 2.914214) = 1.847759 → (0.382683, 0.923880). Averaging all four texts at once would give (0.316, 0.949).
  const [fall, nap] = vectors.labels;
  expect(fall?.vector[0]).toBeCloseTo(0.382683, 5);
  expect(fall?.vector[1]).toBeCloseTo(0.92388, 5);
  expect(fall?.not.map((not) => not[0])).toEqual([expect.closeTo(0.6, 6)]);
  expect(nap?.vector[1]).toBeCloseTo(0.8, 6);
  expect([...(vectors.background[0] ?? [])]).toEqual([-1, 0]);
});

test('the text tower is asked once, for distinct texts only', async () => {
  const calls: (readonly string[])[] = [];
  await embedPhrases(promptPhrases(set), TEMPLATES, (texts) => {
    calls.push(texts);
    return embed(texts);
  });
  expect(calls).toEqual([[...TOWER.keys()]]);
});

test('nothing is asked for no phrases', async () => {
  const asked = embedPhrases([], TEMPLATES, () => Promise.reject(new Error('asked')));
  expect((await asked).size).toBe(0);
});

test("a phrase's vector does not depend on what is embedded with it", async () => {
  const alone = await embedPhrases(['lying'], TEMPLATES, embed);
  const among = await embedPhrases(promptPhrases(set), TEMPLATES, embed);
  expect(among.get('lying')).toEqual(alone.get('lying'));
});

test('rivals that the model cannot tell apart count once', () => {
  const vectors = new Map([
    ['x', v(1, 0)],
    ['empty', v(0, 1)],
    ['nothing', v(0, 1)],
    ['standing', v(0.6, 0.8)],
  ]);
  const rivals = ['empty', 'nothing', 'standing'];
  const built = assemblePrompts(
    { labels: [{ name: 'x', prompts: ['x'], not: rivals }], background: rivals },
    vectors,
  );
  expect(built.background).toEqual([v(0, 1), v(0.6, 0.8)]);
  expect(built.labels[0]?.not).toEqual([v(0, 1), v(0.6, 0.8)]);
});

test('a missing embedding is named', async () => {
  await expect(buildPromptVectors(set, TEMPLATES, async () => [])).rejects.toMatchObject({
    code: 'E_INTERNAL',
    message: expect.stringContaining('A falling'),
  });
});
