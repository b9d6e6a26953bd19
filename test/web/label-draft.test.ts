import { expect, test } from 'vitest';
import { LabelExamples, LabelSetInput, toLabelSet } from '../../protocol/labels.ts';
import { draftInput, draftOf } from '../../web/label-draft.ts';

test('what is not edited goes back as it came: a calibrated set taught by example stays one', () => {
  const examples = LabelExamples.parse({
    model: 'pocket',
    prototype: 'AAA8',
    gain: 1,
    centre: 0.2,
    level: 0.1,
    count: 2,
  });
  const known = toLabelSet(
    LabelSetInput.parse({
      labels: ['swimming', { name: 'fall', prompts: ['a person falls'], not: ['lying'], threshold: 0.4 }],
      templates: 'plain',
      background: ['an empty room'],
      scoring: 'independent',
      temperature: 1.3,
    }),
    3,
  );
  const taught = {
    ...known,
    labels: known.labels.map((label) => (label.name === 'swimming' ? { ...label, examples } : label)),
  };
  const { version: _, ...set } = taught;
  const sent = draftInput({ ...draftOf(taught), on: 0.6 }, taught);
  expect(sent).toMatchObject({ scoring: 'independent', temperature: 1.3, templates: 'plain' });
  expect(sent.labels[0]).toEqual({ name: 'swimming', examples });
  expect(sent.thresholds).toEqual({ ...set.thresholds, on: 0.6 });
  expect(sent.labels[1]).toEqual({
    name: 'fall',
    prompts: ['a person falls'],
    not: ['lying'],
    threshold: 0.4,
  });
});
