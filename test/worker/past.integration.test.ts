import { randomUUID } from 'node:crypto';
import { Queue } from 'bullmq';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AskReply } from '../../protocol/ask.ts';
import { LabelSetInput, toLabelSet } from '../../protocol/labels.ts';
import { loadWorkerConfig } from '../../worker/config.ts';
import { startWorkers } from '../../worker/main.ts';
import { eventually } from '../support/eventually.ts';
import { writeStream } from '../support/hand-ingest.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await openSandbox();
});
afterAll(() => sandbox.close());

const labels = LabelSetInput.parse({
  labels: ['archery', 'swimming', 'arm wrestling'],
  thresholds: { on: 0.2, off: 0.1, minOnSeconds: 0, minOffSeconds: 0 },
});

async function open() {
  const keys = sandbox.keyspace();
  const redis = sandbox.open('patient');
  const config = loadWorkerConfig({ REDIS_URL: sandbox.url, KEY_PREFIX: keys.prefix, MODEL: 'pocket' });
  sandbox.use(await startWorkers(config, sandbox));
  const asks = new Queue(keys.asksQueue('pocket'), { connection: redis, prefix: keys.queuePrefix });
  sandbox.use({ close: () => asks.close() });
  const ask = async (stream: string, input: LabelSetInput) => {
    const id = randomUUID();
    await asks.add('ask', { v: 1, id, stream, labelSet: toLabelSet(input, 1) }, { removeOnComplete: true });
    const reply = await eventually('an answer', () => redis.get(keys.reply(id)));
    return AskReply.parse(JSON.parse(reply));
  };
  return { keys, redis, ask };
}

test('the past scored with the labels of the live run equals the live run', async () => {
  const { keys, redis, ask } = await open();
  const stream = sandbox.use(await writeStream({ redis, keys, labels, model: 'pocket', sizePx: 112 }));
  for (let seq = 0; seq < 30; seq++) {
    await stream.publish(seq, [seq * 1.5, seq * 1.5 + 0.5, seq * 1.5 + 1], { shade: (seq * 37) % 256 });
  }
  await stream.end(30);
  await eventually('the end', async () => (await stream.record()).status === 'ended');
  const live = await stream.events();
  const reply = await ask(stream.id, labels);
  if (!('past' in reply)) throw new Error(reply.failure.message);
  const { past } = reply;

  const frames = live.flatMap((event) => (event.type === 'scores' ? event.frames : []));
  expect(past.times).toEqual(frames.map(({ media }) => media));
  const scoreOf = (name: string) => frames.map(({ top }) => top.find(({ label }) => label === name)?.score);
  expect(past.labels).toEqual(['archery', 'swimming', 'arm wrestling']);
  expect(past.scores).toEqual(past.labels.map(scoreOf));
  expect(past.background).toEqual(frames.map(({ background }) => background));
  const ended = live.flatMap((event) => (event.type === 'action.ended' ? [event.action] : []));
  expect(past.actions.length).toBeGreaterThan(0);
  expect(past.actions).toEqual([...ended].sort((a, b) => a.start - b.start));
});

test('a stream that does not exist is a coded failure', async () => {
  const { ask } = await open();
  expect(await ask('st_nobodyhere', labels)).toMatchObject({ failure: { code: 'E_STREAM_NOT_FOUND' } });
});
