// How far an upload is.
import { formatBytes } from './clock.ts';

/** A progress bar with a way out. Without a file there is nothing to send, only to wait for. */
export function UploadProgress({
  file,
  sentBytes,
  onCancel,
}: {
  file: File | null;
  sentBytes: number;
  onCancel: () => void;
}) {
  const sending = file !== null && sentBytes < file.size;
  const words = sending ? `Sending ${formatBytes(sentBytes)} of ${formatBytes(file.size)}` : 'Starting…';
  return (
    <div class="upload" role="status">
      <div class="upload-line">
        <span>{words}</span>
        <button type="button" class="button" onClick={onCancel}>
          Cancel
        </button>
      </div>
      <progress aria-label={words} max={1} value={sending ? sentBytes / file.size : undefined} />
    </div>
  );
}
