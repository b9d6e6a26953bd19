// A stream's name, how it is doing, and what can be done with it as a whole.
import { useState } from 'preact/hooks';
import type { VerbcastError } from '../client/client.ts';
import { formatTime } from './clock.ts';
import { ConnectionNote } from './connection-note.tsx';
import { ErrorNotice } from './error-notice.tsx';
import { ExportButtons } from './export-buttons.tsx';
import { gateway, toFailure } from './gateway.ts';
import { isOver, statusTone, statusWords } from './status-words.ts';
import { StreamFacts } from './stream-facts.tsx';
import { nameOf } from './stream-names.ts';
import { type StreamLife, statusOf } from './use-stream.ts';

/** The head of a stream's page. */
export function StreamHeader({ life }: { life: StreamLife }) {
  const { record, view, connection } = life;
  const status = statusOf(life);
  const over = isOver(status);
  const [failure, setFailure] = useState<VerbcastError | null>(null);
  const [stopping, setStopping] = useState(false);

  const stop = async () => {
    if (!record) return;
    setStopping(true);
    setFailure(null);
    try {
      await gateway().stop(record.id);
    } catch (error) {
      setFailure(toFailure(error));
      setStopping(false);
    }
  };

  const asked = stopping || record?.stopping === true;
  const known = Math.max(view.media, record?.media ?? 0);
  const duration = record?.durationSeconds ?? null;
  return (
    <header class="stream-head">
      <div class="stream-title">
        <h1>{record ? nameOf(record) : 'Stream'}</h1>
        <p class={`status status-${statusTone(status)}`} role="status">
          <span class={`dot dot-${statusTone(status)}`} aria-hidden="true" />
          {asked && !over ? 'Stopping' : statusWords(status)}
          {record?.mode === 'live' && !over && <span class="badge">Live</span>}
        </p>
      </div>
      <div class="stream-actions">
        {record && view.latest && <ExportButtons id={record.id} />}
        {record && !over && (
          <button type="button" class="button button-danger" disabled={asked} onClick={stop}>
            Stop
          </button>
        )}
      </div>
      {record?.mode === 'file' && !over && (
        <progress
          aria-label="Share of the file that has been looked at"
          max={1}
          value={duration ? Math.min(1, known / duration) : undefined}
        />
      )}
      {!over && <ConnectionNote connection={connection} />}
      <StreamFacts
        record={record}
        looked={duration ? `${formatTime(known)} of ${formatTime(duration)}` : formatTime(known)}
      />
      {failure && <ErrorNotice title="The stream could not be stopped" failure={failure} />}
    </header>
  );
}
