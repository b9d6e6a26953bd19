// Ten new labels over one hour of stored embeddings, through the API.
import { makeFootage } from './footage.ts';
import { runStream, startPipeline } from './pipeline.ts';

const HOUR_SECONDS = 3_600;
const LIVE_LABELS = ['playing guitar', 'swimming'];
const NEW_LABELS = [
  ...['archery', 'boxing', 'juggling', 'welding', 'surfing'],
  ...['doing yoga', 'riding a bike', 'playing drums', 'reading a book', 'pouring coffee'],
];
/** Low, so that there are actions to compare: the footage is a test pattern. */
const ASKED = { labels: NEW_LABELS, thresholds: { on: 0.1, off: 0.06 } };
const ASKED_TIMES = 5;

/** Seconds to the answer, the first of which has the words embedded too; and whether it equals the live run. */
export async function askPastBench(): Promise<Record<string, string>> {
  const footage = makeFootage({ seconds: HOUR_SECONDS });
  const pipeline = await startPipeline({ MEDIA_DIRS: footage.directory });
  const { client, workers } = pipeline;
  try {
    const source = { path: footage.path };
    await runStream(client, { source, labels: LIVE_LABELS });
    const [stream] = (await client.streams({ limit: 1 })).streams;
    if (!stream) throw new Error('Expected a stream.');
    const seconds: number[] = [];
    let frames = 0;
    for (let i = 0; i < ASKED_TIMES; i++) {
      const startedAt = performance.now();
      frames = (await client.ask(stream.id, ASKED)).times.length;
      seconds.push((performance.now() - startedAt) / 1_000);
    }
    const [first = 0, ...again] = seconds;
    // The live run with these labels, frame by frame: the answer of the past is the same numbers.
    await runStream(client, { source, ...ASKED });
    const [live] = (await client.streams({ limit: 1 })).streams;
    const asked = await client.ask(stream.id, ASKED);
    const actions = await client.actions(live?.id ?? '');
    const briefly = (list: readonly { label: string; start: number; end?: number | undefined }[]) =>
      JSON.stringify(list.map(({ label, start, end }) => `${label} ${start} ${end}`).sort());
    return {
      model: `${workers.model} on ${workers.provider}`,
      'frames scored': String(frames),
      'ten new labels over an hour, first answer': `${first.toFixed(2)} s`,
      'the same words again (median)': `${(again.sort((a, b) => a - b)[Math.floor(again.length / 2)] ?? 0).toFixed(2)} s`,
      'actions equal those of a live run with these labels': String(
        briefly(asked.actions) === briefly(actions),
      ),
      'actions found': String(actions.length),
    };
  } finally {
    await pipeline.close();
    footage.remove();
  }
}
