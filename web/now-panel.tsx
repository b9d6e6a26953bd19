// What the newest frames say: the actions that hold, and how every label scores.
import { formatTime } from './clock.ts';
import { colourClass } from './label-colours.ts';
import type { KnownSet } from './label-draft.ts';
import type { StreamView } from './stream-view.ts';

/** Labels in the list when there are many; those that run are always in it. */
const MAX_ROWS = 8;

/** The newest scores as bars, with the score that each label needs to start. */
export function NowPanel({ view, labelSet, over }: { view: StreamView; labelSet: KnownSet; over: boolean }) {
  const { latest } = view;
  const running = new Map(view.running.map((action) => [action.label, action]));
  const scores = new Map(latest?.top.map(({ label, score }) => [label, score]));
  const needs = new Map(labelSet.labels.map((label) => [label.name, label.threshold]));
  const names = [...new Set([...running.keys(), ...(latest?.top.map(({ label }) => label) ?? [])])];
  const rows = names.slice(0, Math.max(MAX_ROWS, running.size));

  return (
    <section class="panel" aria-labelledby="now-title">
      <h2 id="now-title">
        {over ? 'At the end' : 'Now'}
        {latest && <span class="quiet"> {formatTime(latest.media, { tenths: true })}</span>}
      </h2>
      {!latest && <p class="quiet">{over ? 'No frame was scored.' : 'The first scores come in a moment.'}</p>}
      <ul class="now">
        {rows.map((label) => {
          const action = running.get(label);
          const score = scores.get(label) ?? action?.score ?? 0;
          const need = needs.get(label) ?? labelSet.thresholds.on;
          return (
            <li key={label} class={`${action ? 'now-on' : ''} ${colourClass(view.everyLabel, label)}`}>
              <span class="now-label">{label}</span>
              <span class="now-score">{score.toFixed(2)}</span>
              <span class="bar" aria-hidden="true">
                <span class="bar-fill" style={{ width: `${score * 100}%` }} />
                <span
                  class="bar-need"
                  style={{ left: `${need * 100}%` }}
                  title={`Starts at ${need.toFixed(2)}`}
                />
              </span>
              {action && <span class="now-since">since {formatTime(action.start, { tenths: true })}</span>}
            </li>
          );
        })}
        {latest && (
          <li class="now-background">
            <span class="now-label">none of these</span>
            <span class="now-score">{latest.background.toFixed(2)}</span>
            <span class="bar" aria-hidden="true">
              <span class="bar-fill" style={{ width: `${latest.background * 100}%` }} />
            </span>
          </li>
        )}
      </ul>
    </section>
  );
}
