// Which clips make a reel: clips of different labels, and between them footage that shows none of those.
import { shuffled } from './seeded-order.ts';

export interface ReelPart {
  /** Absolute path. */
  readonly path: string;
  /** What it shows; undefined: nothing of the reel's labels. */
  readonly label: string | undefined;
  readonly seconds: number;
}

export interface ReelPlan {
  readonly parts: readonly ReelPart[];
  readonly labels: readonly string[];
  readonly seconds: number;
}

/** Between two clips, in seconds. */
const BETWEEN_SECONDS = 3;
/** Of a clip; shorter ones are too short to be told by default thresholds, longer ones are cut. */
const CLIP_SECONDS = { min: 4, max: 10 } as const;

/**
 * Returns a reel of `count` clips of as many labels, back to back with 3 s of unrelated footage around each; undefined
 * where there are too few clips. Which ones depends on `seed` alone.
 */
export function planReel(
  clips: readonly { readonly path: string; readonly label: string | undefined; readonly seconds: number }[],
  { count, seed }: { count: number; seed: number },
): ReelPlan | undefined {
  const order = shuffled(clips, seed);
  const byLabel = new Map<string, (typeof order)[number]>();
  for (const clip of order) {
    if (clip.label === undefined || clip.seconds < CLIP_SECONDS.min || byLabel.has(clip.label)) continue;
    if (byLabel.size < count) byLabel.set(clip.label, clip);
  }
  const unrelated = order.filter(
    ({ label, seconds }) => seconds >= BETWEEN_SECONDS && (label === undefined || !byLabel.has(label)),
  );
  if (byLabel.size < count || unrelated.length === 0) return undefined;
  const between = (at: number): ReelPart => {
    const path = unrelated[at % unrelated.length]?.path ?? '';
    return { path, label: undefined, seconds: BETWEEN_SECONDS };
  };
  const parts = [
    between(0),
    ...[...byLabel.values()].flatMap(({ path, label, seconds }, i) => [
      // Whole half seconds: boundaries then lie on the usual sampling grid.
      { path, label, seconds: Math.floor(2 * Math.min(CLIP_SECONDS.max, seconds)) / 2 },
      between(i + 1),
    ]),
  ];
  return {
    parts,
    labels: [...byLabel.keys()],
    seconds: parts.reduce((sum, part) => sum + part.seconds, 0),
  };
}

/** Returns when each label is shown, in seconds of the reel. */
export function truthOf({ parts }: ReelPlan): { label: string; start: number; end: number }[] {
  let at = 0;
  return parts.flatMap(({ label, seconds }) => {
    const start = at;
    at += seconds;
    return label === undefined ? [] : [{ label, start, end: at }];
  });
}
