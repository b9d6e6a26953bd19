// Asks what has already been seen for something nobody looked for at the time.
import { useState } from 'preact/hooks';
import type { VerbcastError } from '../client/client.ts';
import type { PastScores } from '../protocol/ask.ts';
import { bestMoments } from './best-moments.ts';
import { formatTime } from './clock.ts';
import { ErrorNotice } from './error-notice.tsx';
import { gateway, toFailure } from './gateway.ts';
import { splitLabels } from './label-words.ts';

/** The box, and the moments that resemble what was asked for most. */
export function PastBox({ id, onSeek }: { id: string; onSeek: (media: number) => void }) {
  const [text, setText] = useState('');
  const [answer, setAnswer] = useState<PastScores | null>(null);
  const [failure, setFailure] = useState<VerbcastError | null>(null);

  const submit = async (event: Event) => {
    event.preventDefault();
    const labels = splitLabels(text);
    if (labels.length === 0) return;
    setFailure(null);
    setAnswer(null);
    try {
      setAnswer(await gateway().ask(id, labels));
    } catch (error) {
      setFailure(toFailure(error));
    }
  };
  const moments = answer === null ? [] : bestMoments(answer);
  return (
    <section class="panel" aria-labelledby="past-title">
      <h2 id="past-title">Ask the past</h2>
      <form class="row" onSubmit={submit}>
        <input
          class="input"
          type="text"
          aria-label="What to look for in what has been seen"
          placeholder="someone falls"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <button type="submit" class="button">
          Ask
        </button>
      </form>
      {failure && <ErrorNotice title="The past did not answer" failure={failure} />}
      {answer !== null && moments.length === 0 && (
        <p class="quiet">Nothing that has been seen resembles it.</p>
      )}
      <ul class="moments">
        {moments.map((moment) => (
          <li key={`${moment.label} ${moment.media}`}>
            <button type="button" class="link" onClick={() => onSeek(moment.media)}>
              {formatTime(moment.media, { tenths: true })}
            </button>
            <span>{moment.label}</span>
            <span class="number">{moment.score.toFixed(2)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
