// Which frames of a window look like the one before them, and need no pixels of their own.
import { MAX_REPEATS } from '../protocol/window.ts';
import type { Frame } from './decoder.ts';
import { lumaDifference, lumaThumbnail } from './still.ts';

/** A window's frames, told apart. */
export interface PackedFrames {
  /** Indexes of frames that repeat the one before. */
  readonly repeats: number[];
  /** uint8 `[frames - repeats, S, S, 3]` of the others. */
  readonly pixels: Buffer;
}

/** The frame that others may repeat. */
interface Original {
  readonly pixels: Uint8Array;
  /** Worked out when it is needed. */
  thumbnail?: Float32Array;
}

/** Finds repeated frames; holds on to the last frame that has pixels between windows. */
export class RepeatFinder {
  readonly #acrossWindows: boolean;
  readonly #stillThreshold: number;
  #original: Original | undefined;
  #inRow = 0;

  /**
   * `acrossWindows`: the first frame of a window may repeat the last one of the window before. A file's may not: what a
   * window holds must follow from its own frames, so that publishing it again after a crash makes the same window.
   *
   * `stillThreshold` (0..255): how much the luma of a frame may differ that still counts as a repeat. With 0, the default,
   * only the very same pixels do.
   */
  constructor({ acrossWindows, stillThreshold = 0 }: { acrossWindows: boolean; stillThreshold?: number }) {
    this.#acrossWindows = acrossWindows;
    this.#stillThreshold = stillThreshold;
  }

  /** Returns the frames of the next window, packed. */
  pack(frames: readonly Frame[]): PackedFrames {
    if (!this.#acrossWindows) this.forget();
    const repeats: number[] = [];
    const kept: Uint8Array[] = [];
    for (const [i, { pixels }] of frames.entries()) {
      if (this.#isRepeat(pixels)) {
        repeats.push(i);
        this.#inRow += 1;
      } else {
        kept.push(pixels);
      }
    }
    return { repeats, pixels: Buffer.concat(kept) };
  }

  /** Makes the next frame one with pixels: what came before it was given up. */
  forget(): void {
    this.#original = undefined;
    this.#inRow = 0;
  }

  /** Compares with the frame whose embedding would be taken, never with one that took it: slow changes add up. */
  #isRepeat(pixels: Uint8Array): boolean {
    const original = this.#original;
    const latest: Original = { pixels };
    const isRepeat =
      original !== undefined &&
      this.#inRow < MAX_REPEATS &&
      (Buffer.compare(pixels, original.pixels) === 0 || this.#isStill(latest, original));
    if (!isRepeat) {
      this.#original = latest;
      this.#inRow = 0;
    }
    return isRepeat;
  }

  #isStill(latest: Original, original: Original): boolean {
    if (this.#stillThreshold === 0) return false;
    return lumaDifference(thumbnailOf(latest), thumbnailOf(original)) <= this.#stillThreshold;
  }
}

function thumbnailOf(picture: Original): Float32Array {
  // A frame is square and has three bytes a pixel.
  picture.thumbnail ??= lumaThumbnail(picture.pixels, Math.sqrt(picture.pixels.length / 3));
  return picture.thumbnail;
}
