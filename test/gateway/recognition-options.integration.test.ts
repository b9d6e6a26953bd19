// What a submission says of recognition: pooling, scoring, examples; kept where it is sound, refused by code where not.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LabelSetDraft } from '../../protocol/labels.ts';
import { StoredRecord } from '../../protocol/record.ts';
import { type GatewaySandbox, openGatewaySandbox } from './gateway-sandbox.ts';

let box: GatewaySandbox;
beforeAll(async () => {
  box = await openGatewaySandbox();
});
afterAll(() => box.close());

const source = { path: 'clip.mp4' };
/** Examples as the served model makes them: eight numbers of two bytes. */
const examples = {
  model: 'pocket',
  prototype: Buffer.alloc(16, 1).toString('base64'),
  gain: 0.5,
  centre: 0.2,
  level: 0.1,
  count: 3,
};
const taught = (more: object): LabelSetDraft => ({
  labels: [{ name: 'waving', examples: { ...examples, ...more } }],
});

test('pooling and spans are kept for the worker, and shown where they were asked for', async () => {
  await box.serve('pocket');
  const options = { pooling: 'mean', spans: [1, 3, 8] } as const;
  const { id, ...record } = await box.client.createStream({
    source,
    labels: ['waving'],
    options: { ...options, spans: [...options.spans] },
  });
  expect(record).toMatchObject({ ...options, poolSeconds: 3 });
  expect(StoredRecord.parse(await box.redis.hgetall(box.keys.stream(id)))).toMatchObject(options);
  const plain = await box.client.createStream({ source, labels: ['waving'] });
  expect(plain).not.toHaveProperty('pooling');
  expect(plain).not.toHaveProperty('spans');
});

test('a label set keeps its scoring, temperature and examples, also when it is replaced', async () => {
  await box.serve('pocket');
  const set = { ...taught({ weight: 0.8 }), scoring: 'independent', temperature: 1.5 } as const;
  const { id } = await box.client.createStream({ source, labels: ['waving'] });
  await box.client.setLabels(id, set);
  expect(await box.client.labels(id)).toMatchObject({
    version: 2,
    scoring: 'independent',
    temperature: 1.5,
    labels: [{ name: 'waving', examples: { ...examples, weight: 0.8, words: true } }],
  });
});

test.each([
  ['of another model', { model: 'scout' }],
  ['of another length', { prototype: Buffer.alloc(32, 1).toString('base64') }],
])(
  'examples %s are refused, when a stream is created, when labels are replaced and when the past is asked',
  async (_, wrong) => {
    await box.serve('pocket');
    const refusal = {
      code: 'E_LABELS_INVALID',
      message: expect.stringContaining('8 numbers made by pocket'),
    };
    await expect(box.client.createStream({ source, ...taught(wrong) })).rejects.toMatchObject(refusal);
    const { id } = await box.client.createStream({ source, labels: ['waving'] });
    await expect(box.client.setLabels(id, taught(wrong))).rejects.toMatchObject(refusal);
    await expect(box.client.ask(id, taught(wrong))).rejects.toMatchObject(refusal);
  },
);

test('independent labels with nothing to be told from are refused', async () => {
  await box.serve('pocket');
  const alone = { labels: ['waving'], scoring: 'independent', background: [] } as const;
  const body = { ...alone, labels: [...alone.labels], background: [] };
  await expect(box.client.createStream({ source, ...body })).rejects.toMatchObject({
    code: 'E_LABELS_INVALID',
    message: expect.stringContaining('without either an independent score is always 1'),
  });
});
