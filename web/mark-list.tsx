// What happened to the stream itself, in words: reconnects, gaps, new labels.
import { formatTime } from './clock.ts';
import type { Mark } from './marks.ts';
import { statusWords } from './status-words.ts';

const GAP_CAUSES = {
  overload: 'the workers were too slow, so the oldest frames were dropped',
  lost: 'its frames expired before a worker took them',
  trimmed: 'the server no longer keeps what came before',
} as const;

/** A list of marks, newest first. */
export function MarkList({ marks }: { marks: readonly Mark[] }) {
  if (marks.length === 0) return null;
  const gaps = marks.filter((mark) => mark.kind === 'gap').length;
  return (
    <section class="panel" aria-labelledby="marks-title">
      <h2 id="marks-title">
        What happened
        {gaps > 0 && <span class="badge badge-warn">{gaps === 1 ? '1 gap' : `${gaps} gaps`}</span>}
      </h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the list scrolls, and must do so by keyboard too */}
      <ol class="marks" tabIndex={0} aria-labelledby="marks-title">
        {marks.toReversed().map((mark) => (
          <li key={mark.seq} class={`mark mark-${mark.kind}`}>
            <span class="mark-time">{formatTime(mark.media)}</span>
            <span>{wordsOf(mark)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function wordsOf(mark: Mark): string {
  switch (mark.kind) {
    case 'status':
      return mark.reason
        ? `${statusWords(mark.status)}: ${mark.reason.message.split('\n')[0]} (${mark.reason.code})`
        : statusWords(mark.status);
    case 'labels': {
      const changes = [
        mark.added.length > 0 ? `added ${mark.added.join(', ')}` : '',
        mark.removed.length > 0 ? `removed ${mark.removed.join(', ')}` : '',
      ].filter((part) => part !== '');
      const what =
        changes.length > 0
          ? changes.join('; ')
          : mark.version === 1
            ? 'set'
            : 'same names, new wording or thresholds';
      return `Labels, version ${mark.version}: ${what}`;
    }
    case 'gap':
      return mark.reason === 'trimmed'
        ? `Missing: ${mark.windows} earlier events; ${GAP_CAUSES.trimmed}.`
        : `Gap from ${formatTime(mark.from, { tenths: true })} to ${formatTime(mark.to, { tenths: true })}: ${GAP_CAUSES[mark.reason]}.`;
  }
}
