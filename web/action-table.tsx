// Every action as a line of text: the timeline for people who read or listen.
import type { Action } from '../protocol/event.ts';
import { formatTime } from './clock.ts';
import { colourClass, useLabelOrder } from './label-colours.ts';
import type { StreamView } from './stream-view.ts';

/** Lines drawn at most; the exports have all. */
const MAX_ROWS = 200;

/** A table of actions; a start time is a button that seeks. */
export function ActionTable({
  view,
  playhead,
  newestFirst,
  onSeek,
}: {
  view: StreamView;
  playhead: number | null;
  newestFirst: boolean;
  onSeek: (media: number) => void;
}) {
  const colours = useLabelOrder();
  const { zeroAtMs } = view;
  const count = view.forgotten + view.past.length + view.running.length;
  if (count === 0) return null;
  const rows = [...view.past.slice(-MAX_ROWS), ...view.running]
    .toSorted((a, b) => a.start - b.start)
    .slice(-MAX_ROWS);
  if (newestFirst) rows.reverse();
  const holds = (action: Action) =>
    playhead !== null && action.start <= playhead && playhead < (action.end ?? Number.POSITIVE_INFINITY);
  return (
    <section class="panel" aria-labelledby="actions-title">
      <h2 id="actions-title">
        Actions <span class="quiet">{count.toLocaleString()}</span>
      </h2>
      {count > MAX_ROWS && <p class="quiet">The last {MAX_ROWS} are listed. Save a file to have all.</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the table scrolls, and must do so by keyboard too */}
      <section class="actions-scroll" tabIndex={0} aria-label="List of actions">
        <table class="actions">
          <thead>
            <tr>
              <th scope="col">Start</th>
              <th scope="col">End</th>
              {zeroAtMs !== null && <th scope="col">Time of day</th>}
              <th scope="col">Label</th>
              <th scope="col" class="number">
                Peak
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((action) => (
              <tr key={action.id} class={holds(action) ? 'row-on' : undefined}>
                <td>
                  <button
                    type="button"
                    class="link"
                    aria-label={`Go to ${formatTime(action.start, { tenths: true })}, ${action.label}`}
                    onClick={() => onSeek(action.start)}
                  >
                    {formatTime(action.start, { tenths: true })}
                  </button>
                </td>
                <td>
                  {action.end === undefined ? (
                    <span class="quiet">running</span>
                  ) : (
                    formatTime(action.end, { tenths: true })
                  )}
                </td>
                {zeroAtMs !== null && (
                  <td>{new Date(zeroAtMs + action.start * 1000).toLocaleTimeString()}</td>
                )}
                <td>
                  <span class={`swatch ${colourClass(colours, action.label)}`} aria-hidden="true" />
                  {action.label}
                </td>
                <td class="number">{action.peak.toFixed(2)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}
