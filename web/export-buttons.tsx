// The actions as files.
import { useState } from 'preact/hooks';
import type { VerbcastError } from '../client/client.ts';
import type { ExportFormat } from '../protocol/rest.ts';
import { gateway, toFailure } from './gateway.ts';

const FORMATS: { format: ExportFormat; says: string; type: string }[] = [
  { format: 'json', says: 'JSON', type: 'application/json' },
  { format: 'csv', says: 'CSV, for spreadsheets', type: 'text/csv' },
  { format: 'srt', says: 'SRT subtitles', type: 'application/x-subrip' },
  { format: 'vtt', says: 'WebVTT subtitles', type: 'text/vtt' },
];

/** One button per format; each saves a file. */
export function ExportButtons({ id }: { id: string }) {
  const [failure, setFailure] = useState<VerbcastError | null>(null);
  const save = async (format: ExportFormat, type: string) => {
    setFailure(null);
    try {
      offer(new Blob([await gateway().exportActions(id, format)], { type }), `${id}.${format}`);
    } catch (error) {
      setFailure(toFailure(error));
    }
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms; these are actions that belong together
    <div class="exports" role="group" aria-label="Save the actions">
      <span class="quiet" aria-hidden="true">
        Save as
      </span>
      {FORMATS.map(({ format, says, type }) => (
        <button key={format} type="button" class="button" title={says} onClick={() => save(format, type)}>
          {format.toUpperCase()}
        </button>
      ))}
      {failure && (
        <span class="hint-bad" role="alert">
          {failure.code}: {failure.detail}
        </span>
      )}
    </div>
  );
}

function offer(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // The browser has taken the content when the click returns; a moment later even slow ones have.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
