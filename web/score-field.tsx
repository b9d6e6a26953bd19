// A score as a slider with its number beside it.
import { useId } from 'preact/hooks';

/** A slider for a score between 0 and 1, both excluded. */
export function ScoreField({
  label,
  value,
  disabled = false,
  onValue,
}: {
  label: string;
  value: number;
  disabled?: boolean;
  onValue: (value: number) => void;
}) {
  const id = useId();
  return (
    <div class="score-field">
      <label class="field-label" for={id}>
        {label}
      </label>
      <input
        id={id}
        type="range"
        min={0.01}
        max={0.99}
        step={0.01}
        value={value}
        disabled={disabled}
        onInput={(event) => onValue(event.currentTarget.valueAsNumber)}
      />
      <output for={id}>{value.toFixed(2)}</output>
    </div>
  );
}
