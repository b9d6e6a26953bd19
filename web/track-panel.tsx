// Scores over time, and the lanes of actions under them, on one axis of media time.
import { useMemo, useState } from 'preact/hooks';
import type { KnownSet } from './label-draft.ts';
import { LaneList } from './lane-list.tsx';
import { lanesOf, MAX_LANES } from './lanes.ts';
import { ScoreChart } from './score-chart.tsx';
import { frameAt, framesBetween } from './score-history.ts';
import { liveSpan, type Span, wholeSpan } from './span.ts';
import { SpanControls } from './span-controls.tsx';
import { isOver } from './status-words.ts';
import { TrackOverlay } from './track-overlay.tsx';
import { type StreamLife, statusOf } from './use-stream.ts';

/** The panel. `playhead` is the moment that the video shows, or that was chosen; null for none. */
export function TrackPanel({
  life,
  labelSet,
  playhead,
  onSeek,
}: {
  life: StreamLife;
  labelSet: KnownSet;
  playhead: number | null;
  onSeek: (media: number) => void;
}) {
  const { view, record } = life;
  const [chosen, setChosen] = useState<Span | null>(null);
  const [hover, setHover] = useState<number | null>(null);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [all, setAll] = useState(false);

  const status = statusOf(life);
  const live = record?.mode === 'live' && !isOver(status);
  const whole = wholeSpan(view.media, record?.durationSeconds ?? null);
  const span = chosen ?? (live ? liveSpan(view.media) : whole);
  const every = useMemo(
    () =>
      lanesOf(
        view,
        labelSet.labels.map(({ name }) => name),
      ),
    [view, labelSet],
  );
  const lanes = all ? every : every.slice(0, MAX_LANES);
  const lines = lanes.filter((label) => !hidden.has(label));
  const moment = hover ?? playhead;
  // One second around the span, so that lines run out of the picture and do not end at its edge.
  const frames = useMemo(
    () => framesBetween(view.history, span.from - 1, span.to + 1),
    [view.history, span.from, span.to],
  );

  return (
    <section class="panel tracks" aria-labelledby="tracks-title">
      <div class="tracks-head">
        <h2 id="tracks-title">Scores and actions</h2>
        <SpanControls
          span={span}
          whole={whole}
          chosen={chosen !== null}
          center={playhead}
          live={live}
          onSpan={setChosen}
        />
      </div>
      {every.length === 0 ? (
        <p class="quiet">Nothing has been scored yet.</p>
      ) : (
        <div class="tracks-body">
          <TrackOverlay view={view} span={span} playhead={playhead} hover={hover} />
          <ScoreChart
            frames={frames}
            gaps={view.marks}
            lines={lines}
            span={span}
            startsAt={labelSet.thresholds.on}
            onHover={setHover}
            onSeek={onSeek}
            onSpan={setChosen}
          />
          <LaneList
            lanes={lanes}
            view={view}
            span={span}
            hidden={hidden}
            at={moment === null ? null : frameAt(view.history, moment)}
            onToggle={(label) => setHidden((before) => toggled(before, label))}
            onSeek={onSeek}
          />
        </div>
      )}
      {view.forgotten > 0 && (
        <p class="quiet">
          The first {view.forgotten.toLocaleString()} actions are not drawn. Save a file to have all.
        </p>
      )}
      {every.length > MAX_LANES && (
        <button type="button" class="link" onClick={() => setAll(!all)}>
          {all ? `Show ${MAX_LANES} labels` : `Show all ${every.length} labels`}
        </button>
      )}
    </section>
  );
}

function toggled(set: ReadonlySet<string>, item: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(item)) next.add(item);
  return next;
}
