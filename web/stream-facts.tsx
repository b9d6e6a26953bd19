// The figures of a stream's record.
import type { StreamRecord } from '../protocol/stream.ts';

/** Model and counters on one line; `looked` says up to where labels are known. Drops stand out. */
export function StreamFacts({ record, looked }: { record: StreamRecord | null; looked: string }) {
  if (!record) return null;
  const { sampled, reused, dropped } = record.counters;
  const facts: [string, string, boolean?][] = [
    ['Labelled', looked],
    ['Model', record.model],
    ['Frames', `${sampled.toLocaleString()} at ${record.sampleFps} per second`],
  ];
  if (reused > 0) facts.push(['Unchanged', reused.toLocaleString()]);
  if (dropped > 0) facts.push(['Dropped', `${dropped.toLocaleString()}, the workers are too slow`, true]);
  return (
    <dl class="facts">
      {facts.map(([name, value, bad]) => (
        <div key={name} class={bad ? 'fact-bad' : undefined}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
