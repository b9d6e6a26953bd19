// What to watch and what to look for.
import { useRef, useState } from 'preact/hooks';
import type { VerbcastError } from '../client/client.ts';
import type { ModelList } from '../protocol/rest.ts';
import { ErrorNotice } from './error-notice.tsx';
import { addressFault } from './footage.ts';
import { FootageField } from './footage-field.tsx';
import { toFailure } from './gateway.ts';
import { LabelChips } from './label-chips.tsx';
import { addLabels, splitLabels } from './label-words.ts';
import { DEFAULT_OPTIONS, OptionFields } from './option-fields.tsx';
import { startStream } from './start-stream.ts';
import { UploadProgress } from './upload-progress.tsx';

/** The form that starts a stream. */
export function StartForm(props: {
  labels: readonly string[];
  models: ModelList | null;
  onLabels: (labels: readonly string[]) => void;
  onStarted: (id: string, file: File | null) => void;
}) {
  const [text, setText] = useState('');
  const labels = addLabels(props.labels, splitLabels(text));
  const [file, setFile] = useState<File | null>(null);
  const [address, setAddress] = useState('');
  const [options, setOptions] = useState(DEFAULT_OPTIONS);
  const [sentBytes, setSentBytes] = useState<number | null>(null);
  const [tried, setTried] = useState(false);
  const [failure, setFailure] = useState<VerbcastError | null>(null);
  const work = useRef<AbortController | null>(null);
  const form = useRef<HTMLFormElement>(null);

  const footageFault = file
    ? null
    : address.trim() === ''
      ? 'Choose a file or write an address.'
      : addressFault(address);
  const labelFault = labels.length === 0 ? 'Write at least one action to look for.' : null;

  const start = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    setFailure(null);
    if (footageFault || labelFault) {
      form.current?.querySelector<HTMLElement>(footageFault ? '#address' : '#labels')?.focus();
      return;
    }
    work.current = new AbortController();
    const { signal } = work.current;
    setSentBytes(0);
    try {
      const { id } = await startStream({ file, address, labels, options, onSent: setSentBytes, signal });
      props.onStarted(id, file);
    } catch (error) {
      if (!signal.aborted) setFailure(toFailure(error));
      setSentBytes(null);
    }
  };

  return (
    <form class="start-form" ref={form} onSubmit={start} noValidate aria-label="Start a stream">
      <div class="start-steps" inert={sentBytes !== null}>
        <FootageField
          file={file}
          address={address}
          fault={tried ? footageFault : null}
          onFile={setFile}
          onAddress={setAddress}
        />
        <LabelChips
          labels={props.labels}
          text={text}
          fault={tried ? labelFault : null}
          onLabels={props.onLabels}
          onText={setText}
        />
        <OptionFields options={options} models={props.models} onOptions={setOptions} />
      </div>
      {failure && <ErrorNotice title="It could not be started" failure={failure} />}
      {sentBytes === null ? (
        <button type="submit" class="button button-main button-large">
          Start watching
        </button>
      ) : (
        <UploadProgress file={file} sentBytes={sentBytes} onCancel={() => work.current?.abort()} />
      )}
    </form>
  );
}
