// One label of the set under edit.
import { colourClass, useLabelOrder } from './label-colours.ts';
import type { LabelDraft } from './label-draft.ts';

/** A label with its own threshold and its wordings. `onChange(null)` takes it out. */
export function LabelRow({
  label,
  startsAt,
  fixed,
  onChange,
}: {
  label: LabelDraft;
  startsAt: number;
  fixed: boolean;
  onChange: (label: LabelDraft | null) => void;
}) {
  const { name } = label;
  const colours = useLabelOrder();
  return (
    <li class={`label-row ${colourClass(colours, name)}`}>
      <details>
        <summary>
          <span class="swatch" aria-hidden="true" />
          <span class="label-name">{name}</span>
          {label.threshold !== '' && <span class="quiet">from {label.threshold}</span>}
        </summary>
        <div class="label-more">
          <label>
            <span class="field-label">Starts at, for this label alone</span>
            <input
              class="input"
              type="number"
              min={0.01}
              max={0.99}
              step={0.01}
              placeholder={startsAt.toFixed(2)}
              value={label.threshold}
              disabled={fixed}
              onInput={(event) => onChange({ ...label, threshold: event.currentTarget.value })}
            />
          </label>
          <Wordings
            title="Wordings that mean it, one a line"
            value={label.prompts}
            fixed={fixed}
            onValue={(prompts) => onChange({ ...label, prompts })}
          />
          <Wordings
            title="Wordings that look alike but do not count"
            value={label.not}
            fixed={fixed}
            onValue={(not) => onChange({ ...label, not })}
          />
        </div>
      </details>
      {!fixed && (
        <button
          type="button"
          class="button button-icon"
          aria-label={`Remove ${name}`}
          onClick={() => onChange(null)}
        >
          ×
        </button>
      )}
    </li>
  );
}

function Wordings(props: {
  title: string;
  value: readonly string[];
  fixed: boolean;
  onValue: (lines: string[]) => void;
}) {
  return (
    <label>
      <span class="field-label">{props.title}</span>
      <textarea
        class="input"
        rows={2}
        disabled={props.fixed}
        value={props.value.join('\n')}
        onChange={(event) =>
          props.onValue(
            event.currentTarget.value
              .split('\n')
              .map((line) => line.trim())
              .filter((line) => line !== '')
              .slice(0, 16),
          )
        }
      />
    </label>
  );
}
