// Labels as chips: Enter or a comma adds, Backspace in the empty field takes the last one back, pasting splits.
import { useRef } from 'preact/hooks';
import { addLabels, MAX_LABEL_LENGTH, splitLabels } from './label-words.ts';

/** The field in which the actions to look for are written. */
export function LabelChips(props: {
  labels: readonly string[];
  /** What stands in the field and is not a label yet. */
  text: string;
  fault: string | null;
  onLabels: (labels: readonly string[]) => void;
  onText: (text: string) => void;
}) {
  const { labels, text, fault } = props;
  const field = useRef<HTMLInputElement>(null);

  const add = (words: string) => {
    props.onText('');
    const next = addLabels(labels, splitLabels(words));
    if (next.length !== labels.length) props.onLabels(next);
  };
  const remove = (label: string) => {
    props.onLabels(labels.filter((other) => other !== label));
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if ((event.key === 'Enter' || event.key === ',') && text.trim() !== '') {
      event.preventDefault();
      add(text);
    } else if (event.key === 'Backspace' && text === '') {
      props.onLabels(labels.slice(0, -1));
    }
  };

  return (
    <fieldset class="step">
      <legend>Actions to look for</legend>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a larger target for the field inside, which has the keyboard */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the same */}
      <div class="chips" onClick={(event) => event.target === event.currentTarget && field.current?.focus()}>
        <ul class="chips-list" aria-label="Labels">
          {labels.map((label) => (
            <li key={label} class="chip">
              <span>{label}</span>
              <button type="button" aria-label={`Remove ${label}`} onClick={() => remove(label)}>
                ×
              </button>
            </li>
          ))}
        </ul>
        <input
          ref={field}
          id="labels"
          type="text"
          maxLength={MAX_LABEL_LENGTH}
          autocapitalize="none"
          autocomplete="off"
          aria-label="Add a label"
          aria-invalid={fault !== null}
          aria-describedby="labels-hint"
          placeholder={labels.length === 0 ? 'playing guitar' : ''}
          value={text}
          onInput={(event) => props.onText(event.currentTarget.value)}
          onKeyDown={onKeyDown}
          onPaste={(event) => {
            const pasted = event.clipboardData?.getData('text') ?? '';
            if (splitLabels(pasted).length < 2) return;
            event.preventDefault();
            add(`${text} ${pasted}`);
          }}
        />
      </div>
      <p id="labels-hint" class={fault ? 'hint hint-bad' : 'hint'} role={fault ? 'alert' : undefined}>
        {fault ??
          'In plain words, as you would say it. Enter adds one; a pasted list is split. You can change them later.'}
      </p>
    </fieldset>
  );
}
