// What the newest frames say, or those at a chosen moment: the actions that hold, and how every label scores.
import type { Action } from '../protocol/event.ts';
import { actionsAt } from './actions-at.ts';
import { formatTime } from './clock.ts';
import { colourClass, useLabelOrder } from './label-colours.ts';
import type { KnownSet } from './label-draft.ts';
import { frameAt } from './score-history.ts';
import type { StreamView } from './stream-view.ts';

/** More labels than this are not all listed: those that hold, then the best. */
const MAX_ROWS = 8;

/** Scores as bars, with the score that each label needs to start. `at` is the moment; null for the newest. */
export function NowPanel({
  view,
  labelSet,
  at,
  over,
}: {
  view: StreamView;
  labelSet: KnownSet;
  at: number | null;
  over: boolean;
}) {
  const frame = at === null ? view.latest : frameAt(view.history, at);
  const holding = new Map(
    (at === null ? view.running : actionsAt(view, at)).map((action) => [action.label, action]),
  );
  const scores = new Map(frame?.top.map(({ label, score }) => [label, score]));
  const needs = new Map(labelSet.labels.map((label) => [label.name, label.threshold]));
  const all = [...needs.keys()];
  const few = all.length <= MAX_ROWS;
  const names = [...new Set([...(few ? all : []), ...holding.keys(), ...(few ? [] : scores.keys())])];

  return (
    <section class="panel now-panel" aria-labelledby="now-title">
      <h2 id="now-title">
        {at === null && !over ? 'Now' : 'At'}
        {frame && <span class="quiet"> {formatTime(frame.media, { tenths: true })}</span>}
      </h2>
      {!frame && (
        <p class="quiet">
          {over ? 'No score is kept for this moment.' : 'The first scores come in a moment.'}
        </p>
      )}
      {frame && (
        <ul class="now">
          {names.map((label) => (
            <ScoreRow
              key={label}
              label={label}
              score={scores.get(label)}
              need={needs.get(label) ?? labelSet.thresholds.on}
              action={holding.get(label)}
            />
          ))}
          <li class="now-background">
            <span class="now-label">none of these</span>
            <span class="now-score">{frame.background.toFixed(2)}</span>
            <span class="bar" aria-hidden="true">
              <span class="bar-fill" style={{ width: `${frame.background * 100}%` }} />
            </span>
          </li>
        </ul>
      )}
    </section>
  );
}

function ScoreRow({
  label,
  score,
  need,
  action,
}: {
  label: string;
  score: number | undefined;
  need: number;
  action: Action | undefined;
}) {
  const order = useLabelOrder();
  return (
    <li class={`${action ? 'now-on' : ''} ${colourClass(order, label)}`}>
      <span class="now-label">{label}</span>
      <span class="now-score">
        {score?.toFixed(2) ?? <abbr title="Lower than the labels that are told">low</abbr>}
      </span>
      <span class="bar" aria-hidden="true">
        <span class="bar-fill" style={{ width: `${(score ?? 0) * 100}%` }} />
        <span class="bar-need" style={{ left: `${need * 100}%` }} title={`Starts at ${need.toFixed(2)}`} />
      </span>
      {action && <span class="now-since">since {formatTime(action.start, { tenths: true })}</span>}
    </li>
  );
}
