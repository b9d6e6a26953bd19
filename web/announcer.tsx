// Tells people who listen which actions start and end.
import { useEffect, useRef, useState } from 'preact/hooks';
import { spokenTime } from './clock.ts';
import { isOver } from './status-words.ts';
import { type StreamLife, statusOf } from './use-stream.ts';

/** More changes than this at once are a replay, not news: they are counted, not read out. */
const MAX_NEWS = 3;

/** A polite live region; says nothing while a stream that is over is replayed. */
export function Announcer({ life }: { life: StreamLife }) {
  const { view } = life;
  const [words, setWords] = useState('');
  const before = useRef(view);
  useEffect(() => {
    const last = before.current;
    before.current = view;
    if (view.seq === last.seq || last.seq === 0) return;
    const held = new Set(last.running.map((action) => action.id));
    const news = [
      ...view.running
        .filter((action) => !held.has(action.id))
        .map((action) => `${action.label} started at ${spokenTime(action.start)}`),
      ...view.past
        .filter((action) => held.has(action.id))
        .map((action) => `${action.label} ended at ${spokenTime(action.end ?? view.media)}`),
    ];
    const status = statusOf(life);
    if (news.length > MAX_NEWS) setWords(`${view.past.length + view.running.length} actions so far`);
    else if (news.length > 0) setWords(news.join('. '));
    else if (isOver(status) && last.status !== status) setWords('');
  }, [view, life]);
  return (
    <p class="visually-hidden" aria-live="polite" aria-atomic="true">
      {words}
    </p>
  );
}
