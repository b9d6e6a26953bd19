// From scores over time to actions with a start and an end: hysteresis per label, as a reducer.
import { z } from 'zod';

/** A label that holds or held; times in media seconds, scores 0..1. `end` is absent while it holds. */
export const SegmentedAction = z.strictObject({
  id: z.string(),
  label: z.string(),
  start: z.number(),
  end: z.number().optional(),
  score: z.number(),
  peak: z.number(),
});
export type SegmentedAction = z.infer<typeof SegmentedAction>;

const head = { label: z.string(), score: z.number(), peak: z.number() };
const Track = z.discriminatedUnion('phase', [
  z.strictObject({ phase: z.literal('over'), ...head, end: z.number() }),
  z.strictObject({
    phase: z.literal('pending'),
    ...head,
    since: z.number(),
    start: z.number(),
    freeFrom: z.number(),
  }),
  z.strictObject({
    phase: z.literal('open'),
    ...head,
    id: z.string(),
    start: z.number(),
    fell: z.strictObject({ at: z.number(), end: z.number() }).nullable(),
    told: z.strictObject({ media: z.number(), score: z.number(), peak: z.number() }),
  }),
]);
type Track = z.infer<typeof Track>;
type OpenTrack = Extract<Track, { phase: 'open' }>;
type PendingTrack = Extract<Track, { phase: 'pending' }>;

/** What is carried from frame to frame: plain JSON, bounded by the labels that are about to start, hold or just ended. */
export const SegmenterState = z.strictObject({
  media: z.number().describe('Time of the latest frame.'),
  opened: z.int().describe('Actions started so far; the next id.'),
  tracks: z.array(Track),
});
export type SegmenterState = z.infer<typeof SegmenterState>;

/** The state before the first frame. */
export const initialSegmenterState: SegmenterState = { media: 0, opened: 0, tracks: [] };

/** When a label was seen, as far as single frames tell: from the first to after the last frame that showed it. */
export interface Support {
  readonly from: number;
  readonly to: number;
}

/** Scores at a media time. */
export interface ObservedScores {
  readonly media: number;
  /** Every label of the set. */
  readonly scores: readonly { readonly label: string; readonly score: number }[];
  /**
   * When, among the frames that made the scores, those lie that by themselves score `level` or more for a label; undefined
   * where none does. Without it nothing is known but the scores, and changes are dated by them.
   */
  readonly supportOf?: (label: string, level: number) => Support | undefined;
}

export interface SegmenterOptions {
  /** The stream's part of action ids: `ac_<idPart>_<n>`. */
  readonly idPart: string;
  /** Score at or above which an action starts, and below which it ends. */
  readonly on: number;
  readonly off: number;
  readonly minOnSeconds: number;
  readonly minOffSeconds: number;
  /** A label's own `on`. Its `off` keeps the ratio: `off * own / on`. */
  readonly labelOn?: ReadonlyMap<string, number>;
  /** Frames further apart than this are not one observation: what holds ends before the gap. Default: no limit. */
  readonly maxGapSeconds?: number;
  /** How far before a frame its support may lie: the pooling span. Default: 0. */
  readonly lookBackSeconds?: number;
}

export interface SegmenterChange {
  readonly kind: 'started' | 'updated' | 'ended';
  readonly action: SegmentedAction;
}
export interface SegmenterStep {
  readonly state: SegmenterState;
  readonly changes: SegmenterChange[];
}

/** Grid times such as 7/3 are not exact in binary: durations are compared with this much slack, in seconds. */
const SLACK_SECONDS = 1e-6;
/** An update is told once per this much media at the most, unless the peak rose. */
const UPDATE_SECONDS = 1;
/** What a score or a peak has to move by to be worth an update. */
const UPDATE_DELTA = 0.05;

/**
 * Returns the state after a frame, and what changed. Frames come in media order and name every label of the set; a
 * label that is not named has gone away, and what it held ends at the frame before.
 *
 * - A label is pending from the first frame at or above `on`, at t0. One frame below, and that is forgotten.
 * - It starts at the frame at which `media - t0 ≥ minOnSeconds`. So at 2 fps and 1 s that is the third frame in a row, and a
 *   lone frame never starts an action unless `minOnSeconds` is 0.
 * - It has fallen since the first frame below `off`, at t1. One frame at or above `off`, and that is forgotten: so two
 *   stretches less than `minOffSeconds` apart are one action.
 * - It ends at the frame at which `media - t1 ≥ minOffSeconds`.
 * - Both are back-dated. Pooled scores rise and fall late, as they look back; so the start is that of the support at t0 (the
 *   first frame that by itself reaches `off`), though not before the end of the label's action before, and the end is that
 *   of the support at t1. Without support they are t0 and t1.
 * - `updated` is told when the peak rose by 0.05 since it was last told, or, once per second of media at the most, when
 *   the score moved by 0.05.
 */
export function advanceSegmenter(
  state: SegmenterState,
  frame: ObservedScores,
  options: SegmenterOptions,
): SegmenterStep {
  const { media } = frame;
  const torn = media - state.media > (options.maxGapSeconds ?? Number.POSITIVE_INFINITY);
  const kept = retainLabels(state, torn ? [] : frame.scores.map(({ label }) => label));
  const before = new Map(kept.state.tracks.map((track) => [track.label, track]));
  const changes = kept.changes;
  const tracks: Track[] = [];
  let opened = state.opened;

  const tell = (kind: SegmenterChange['kind'], track: OpenTrack, end?: number): OpenTrack => {
    changes.push({ kind, action: actionOf(track, end) });
    return { ...track, told: { media, score: track.score, peak: track.peak } };
  };
  // What ended is remembered as long as the support of another start could reach into it.
  const remember = (label: string, end: number, score: number) => {
    const isInReach = end > 0 && media - end < (options.lookBackSeconds ?? 0);
    if (isInReach) tracks.push({ phase: 'over', label, score, peak: score, end });
  };
  for (const { label, score } of frame.scores) {
    const { on, off } = levelsOf(label, options);
    const track = before.get(label);

    if (track?.phase === 'open') {
      const peak = Math.max(score, track.peak);
      const now = {
        ...track,
        score,
        peak,
        fell: score < off ? (track.fell ?? fall(track, frame, off)) : null,
      };
      if (now.fell !== null && lasted(media - now.fell.at, options.minOffSeconds)) {
        tell('ended', now, now.fell.end);
        remember(label, now.fell.end, score);
      } else {
        tracks.push(isNews(now, media) ? tell('updated', now) : now);
      }
    } else if (score >= on) {
      const pending = track?.phase === 'pending' ? track : rise(track, frame, { label, off });
      const peak = Math.max(score, pending.peak);
      if (!lasted(media - pending.since, options.minOnSeconds)) {
        tracks.push({ ...pending, score, peak });
      } else {
        opened += 1;
        const id = `ac_${options.idPart}_${opened}`;
        const { start } = pending;
        const told = { media, score, peak };
        tracks.push(tell('started', { phase: 'open', label, score, peak, id, start, fell: null, told }));
      }
    } else if (track) {
      remember(label, track.phase === 'over' ? track.end : track.freeFrom, score);
    }
  }
  return { state: { media, opened, tracks }, changes };
}

function rise(
  before: Extract<Track, { phase: 'over' }> | undefined,
  { media, supportOf }: ObservedScores,
  { label, off }: { label: string; off: number },
): PendingTrack {
  const freeFrom = before?.end ?? 0;
  const start = Math.max(freeFrom, supportOf?.(label, off)?.from ?? media);
  return { phase: 'pending', label, score: 0, peak: 0, since: media, start, freeFrom };
}

function fall({ label, start }: OpenTrack, { media, supportOf }: ObservedScores, off: number) {
  return { at: media, end: Math.max(start, supportOf?.(label, off)?.to ?? media) };
}

/**
 * Returns the state without the labels that are not among `labels`: what they held ends at the latest frame, or where
 * it had fallen before; what was pending is forgotten.
 */
export function retainLabels(state: SegmenterState, labels: readonly string[]): SegmenterStep {
  return retain(state, new Set(labels), state.media);
}

/** Returns the state with everything ended at `media` (the stream's end; default: the latest frame). */
export function closeSegmenter(state: SegmenterState, media: number = state.media): SegmenterStep {
  return retain({ ...state, media }, new Set(), media);
}

/** Returns a label's levels: its own `on` where it has one, with `off` in the same ratio as the set's. */
export function levelsOf(
  label: string,
  options: Pick<SegmenterOptions, 'on' | 'off' | 'labelOn'>,
): { on: number; off: number } {
  const on = options.labelOn?.get(label) ?? options.on;
  return { on, off: (options.off * on) / options.on };
}

function retain(state: SegmenterState, labels: ReadonlySet<string>, media: number): SegmenterStep {
  const gone = state.tracks.filter((track) => !labels.has(track.label));
  return {
    state: { ...state, tracks: state.tracks.filter((track) => labels.has(track.label)) },
    changes: gone
      .filter((track) => track.phase === 'open')
      .map((track) => ({ kind: 'ended', action: actionOf(track, track.fell?.end ?? media) })),
  };
}

function lasted(seconds: number, wantedSeconds: number): boolean {
  return seconds >= wantedSeconds - SLACK_SECONDS;
}

function isNews(track: OpenTrack, media: number): boolean {
  const { told } = track;
  if (track.peak - told.peak >= UPDATE_DELTA) return true;
  return lasted(media - told.media, UPDATE_SECONDS) && Math.abs(track.score - told.score) >= UPDATE_DELTA;
}

function actionOf({ id, label, start, score, peak }: OpenTrack, end?: number): SegmentedAction {
  return { id, label, start, ...(end === undefined ? {} : { end }), score, peak };
}
