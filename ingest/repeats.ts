// Which frames of a window look exactly like the one before them, and need no pixels of their own.
import { MAX_REPEATS } from '../protocol/window.ts';
import type { Frame } from './decoder.ts';

/** A window's frames, told apart. */
export interface PackedFrames {
  /** Indexes of frames that repeat the one before. */
  readonly repeats: number[];
  /** uint8 `[frames - repeats, S, S, 3]` of the others. */
  readonly pixels: Buffer;
}

/** Finds repeated frames; holds on to the last frame between windows. */
export class RepeatFinder {
  readonly #acrossWindows: boolean;
  #previous: Uint8Array | undefined;
  #inRow = 0;

  /**
   * `acrossWindows`: the first frame of a window may repeat the last one of the window before. A file's may not: what a
   * window holds must follow from its own frames, so that publishing it again after a crash makes the same window.
   */
  constructor({ acrossWindows }: { acrossWindows: boolean }) {
    this.#acrossWindows = acrossWindows;
  }

  /** Returns the frames of the next window, packed. */
  pack(frames: readonly Frame[]): PackedFrames {
    if (!this.#acrossWindows) this.forget();
    const repeats: number[] = [];
    const kept: Uint8Array[] = [];
    for (const [i, { pixels }] of frames.entries()) {
      const isRepeat =
        this.#previous !== undefined &&
        this.#inRow < MAX_REPEATS &&
        Buffer.compare(pixels, this.#previous) === 0;
      if (isRepeat) repeats.push(i);
      else kept.push(pixels);
      this.#inRow = isRepeat ? this.#inRow + 1 : 0;
      this.#previous = pixels;
    }
    return { repeats, pixels: Buffer.concat(kept) };
  }

  /** Makes the next frame one with pixels: what came before it was given up. */
  forget(): void {
    this.#previous = undefined;
    this.#inRow = 0;
  }
}
