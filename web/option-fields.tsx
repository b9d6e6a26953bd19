// What most people need not change.
import type { ModelList } from '../protocol/rest.ts';
import type { StreamMode } from '../protocol/stream.ts';
import { ScoreField } from './score-field.tsx';

/** What can be set for a new stream. An empty `model` means the server's choice. */
export interface Options {
  readonly model: string;
  /** Empty: guessed from the address. */
  readonly mode: StreamMode | '';
  readonly sampleFps: number;
  readonly poolSeconds: number;
  readonly on: number;
  readonly off: number;
}

/** The protocol's own defaults. */
export const DEFAULT_OPTIONS: Options = {
  model: '',
  mode: '',
  sampleFps: 2,
  poolSeconds: 3,
  on: 0.5,
  off: 0.3,
};

/** Model, sampling and thresholds, folded away. */
export function OptionFields({
  options,
  models,
  onOptions,
}: {
  options: Options;
  models: ModelList | null;
  onOptions: (options: Options) => void;
}) {
  const set = (change: Partial<Options>) => onOptions({ ...options, ...change });
  const number = (event: { currentTarget: HTMLInputElement }, fallback: number) =>
    Number.isFinite(event.currentTarget.valueAsNumber) ? event.currentTarget.valueAsNumber : fallback;
  return (
    <details class="step step-more">
      <summary>Options</summary>
      <div class="option-grid">
        <label>
          <span class="field-label">Model</span>
          <select
            class="input"
            value={options.model}
            onChange={(event) => set({ model: event.currentTarget.value })}
          >
            <option value="">
              {models?.default ? `Server's choice (${models.default})` : "Server's choice"}
            </option>
            {models?.models.map((model) => (
              <option key={model.id} value={model.id}>
                {model.id}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span class="field-label">When the server is too slow</span>
          <select
            class="input"
            value={options.mode}
            onChange={(event) => set({ mode: modeOf(event.currentTarget.value) })}
          >
            <option value="">Decide by the source</option>
            <option value="file">Wait, as for a file</option>
            <option value="live">Drop the oldest, as for a camera</option>
          </select>
        </label>
        <label>
          <span class="field-label">Frames looked at per second</span>
          <input
            class="input"
            type="number"
            min={0.1}
            max={10}
            step={0.1}
            value={options.sampleFps}
            onChange={(event) => set({ sampleFps: number(event, options.sampleFps) })}
          />
        </label>
        <label>
          <span class="field-label">Seconds pooled into a score</span>
          <input
            class="input"
            type="number"
            min={0.5}
            max={30}
            step={0.5}
            value={options.poolSeconds}
            onChange={(event) => set({ poolSeconds: number(event, options.poolSeconds) })}
          />
        </label>
        <ScoreField label="An action starts at a score of" value={options.on} onValue={(on) => set({ on })} />
        <ScoreField
          label="and ends below"
          value={Math.min(options.on, options.off)}
          onValue={(off) => set({ off })}
        />
      </div>
    </details>
  );
}

function modeOf(value: string): Options['mode'] {
  return value === 'file' || value === 'live' ? value : '';
}
