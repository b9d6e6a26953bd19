// What was watched before, to open again.
import type { StreamRecord } from '../protocol/stream.ts';
import { addressOf } from './address.ts';
import { formatAge } from './clock.ts';
import { statusTone, statusWords } from './status-words.ts';
import { nameOf } from './stream-names.ts';

/** A list of streams, newest first; null while it is being asked for. */
export function RecentStreams({
  streams,
  onOpen,
}: {
  streams: readonly StreamRecord[] | null;
  onOpen: (id: string) => void;
}) {
  return (
    <aside class="recent" aria-labelledby="recent-title">
      <h2 id="recent-title">Recent streams</h2>
      {streams?.length === 0 && <p class="quiet">None yet. What you start is listed here.</p>}
      <ul>
        {streams?.map((stream) => (
          <li key={stream.id}>
            <a
              href={addressOf(stream.id)}
              onClick={(event) => {
                if (event.metaKey || event.ctrlKey || event.shiftKey) return;
                event.preventDefault();
                onOpen(stream.id);
              }}
            >
              <span class="recent-name">{nameOf(stream)}</span>
              <span class="recent-line">
                <span class={`dot dot-${statusTone(stream.status)}`} aria-hidden="true" />
                {statusWords(stream.status)}
                {stream.status === 'running' &&
                  stream.progress !== null &&
                  `, ${Math.round(stream.progress * 100)} %`}
                {' · '}
                {stream.mode} · {formatAge(stream.createdAt, Date.now())}
              </span>
            </a>
          </li>
        ))}
      </ul>
    </aside>
  );
}
