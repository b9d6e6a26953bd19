// One more label, or several.
import { useState } from 'preact/hooks';
import { addLabels, MAX_LABEL_LENGTH, splitLabels } from './label-words.ts';

/** A field that adds labels on Enter; `taken` are the names that are there already. */
export function LabelAdder({
  taken,
  onAdd,
}: {
  taken: readonly string[];
  onAdd: (names: readonly string[]) => void;
}) {
  const [text, setText] = useState('');
  const add = () => {
    const names = addLabels(taken, splitLabels(text)).slice(taken.length);
    setText('');
    if (names.length > 0) onAdd(names);
  };
  return (
    <div class="row">
      <input
        class="input"
        type="text"
        maxLength={MAX_LABEL_LENGTH}
        aria-label="Add a label"
        placeholder="Add a label"
        autocapitalize="none"
        autocomplete="off"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || event.isComposing || text.trim() === '') return;
          event.preventDefault();
          add();
        }}
      />
      <button type="button" class="button" disabled={text.trim() === ''} onClick={add}>
        Add
      </button>
    </div>
  );
}
