// What repeating the embedding of a frame that did not change does to labels.
export interface StillnessReport {
  /** Largest luma difference of a frame that counts as unchanged. */
  readonly threshold: number;
  readonly frames: number;
  /** Share of frames that took the embedding before them, 0..1. */
  readonly reused: number;
  /** Share of frames whose best label stayed, 0..1. */
  readonly sameTop1: number;
  /** Share of clips whose best label stayed, 0..1. */
  readonly sameClipTop1: number;
  /** Largest and mean change of a label's score, 0..1. */
  readonly maxScoreChange: number;
  readonly meanScoreChange: number;
}
