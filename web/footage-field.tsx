// Where the video comes from: a file dropped or chosen, or an address.
import { useEffect, useRef, useState } from 'preact/hooks';
import { formatBytes } from './clock.ts';
import { looksLikeVideo } from './footage.ts';

/** A drop zone and an address field; one of them counts, a file before an address. */
export function FootageField(props: {
  file: File | null;
  address: string;
  fault: string | null;
  onFile: (file: File | null) => void;
  onAddress: (address: string) => void;
}) {
  const { file, fault } = props;
  const [over, setOver] = useState(false);
  const chooser = useRef<HTMLInputElement>(null);
  const { onFile } = props;

  // The whole window takes a file: one that misses the zone would otherwise replace the page.
  useEffect(() => {
    const onDrag = (event: DragEvent) => {
      event.preventDefault();
      setOver(event.type === 'dragover');
      const dropped = event.type === 'drop' && event.dataTransfer?.files[0];
      if (dropped) onFile(dropped);
    };
    const kinds = ['dragover', 'dragleave', 'drop'] as const;
    for (const kind of kinds) addEventListener(kind, onDrag);
    return () => {
      for (const kind of kinds) removeEventListener(kind, onDrag);
    };
  }, [onFile]);

  return (
    <fieldset class="step">
      <legend>Footage</legend>
      <div class={over ? 'drop drop-over' : 'drop'}>
        <input
          ref={chooser}
          id="file"
          class="visually-hidden"
          type="file"
          accept="video/*,.mkv,.avi,.ts,.flv,.gif"
          aria-label="Video file"
          onChange={(event) => onFile(event.currentTarget.files?.[0] ?? null)}
        />
        {file ? (
          <p class="drop-file">
            <strong>{file.name}</strong>
            <span class="quiet">{formatBytes(file.size)}</span>
            <button
              type="button"
              class="button"
              onClick={() => {
                if (chooser.current) chooser.current.value = '';
                onFile(null);
              }}
            >
              Remove
            </button>
          </p>
        ) : (
          <div>
            <p>
              Drop a video here, or{' '}
              <label class="link" for="file">
                choose a file
              </label>
            </p>
            <p class="hint">MP4, MOV, MKV, WebM, AVI and whatever else ffmpeg reads</p>
          </div>
        )}
      </div>
      {file && !looksLikeVideo(file) && (
        <p class="hint hint-warn">
          This is not named like a video. The server will look inside and say what it finds.
        </p>
      )}
      <label class="field-label" for="address">
        or an address
      </label>
      <input
        id="address"
        class="input"
        type="text"
        inputMode="url"
        spellcheck={false}
        autocomplete="off"
        autocapitalize="none"
        placeholder="rtsp://camera.local/stream"
        disabled={file !== null}
        value={props.address}
        aria-invalid={fault !== null}
        aria-describedby="address-hint"
        onInput={(event) => props.onAddress(event.currentTarget.value)}
      />
      <p id="address-hint" class={fault ? 'hint hint-bad' : 'hint'} role={fault ? 'alert' : undefined}>
        {fault ??
          'An rtsp:// or http:// address that the server can reach, or the path of a file on the server.'}
      </p>
    </fieldset>
  );
}
