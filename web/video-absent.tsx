// Says why there is no picture, and offers what can be done.
import type { StreamRecord } from '../protocol/stream.ts';
import { LivePreview } from './live-preview.tsx';
import { isOver } from './status-words.ts';

/** Stands where the video would be. `unplayable` names a file that this browser cannot play. */
export function VideoAbsent({
  record,
  unplayable,
  onFile,
}: {
  record: StreamRecord | null;
  unplayable: string | null;
  onFile: (file: File) => void;
}) {
  if (record?.mode === 'live') {
    return <LivePreview id={record.id} over={isOver(record.status)} />;
  }
  return (
    <section class="absent" aria-label="Video">
      <p>
        {unplayable
          ? `This browser cannot play ${unplayable}. The server can read it all the same; scores and actions go on below.`
          : 'The footage is not in this browser. If you have the file, open it here to see it beside its labels; it is not sent again.'}
      </p>
      <p>
        <label class="button button-file">
          Open the file
          <input
            class="visually-hidden"
            type="file"
            accept="video/*,.mkv,.avi,.ts,.flv,.gif"
            onChange={(event) => {
              const chosen = event.currentTarget.files?.[0];
              if (chosen) onFile(chosen);
            }}
          />
        </label>
      </p>
    </section>
  );
}
