// What has gone wrong with a live source, and whether that is the end.
import type { ErrorCode } from '../runtime/errors.ts';

/** A connection that held for this long was a good one: the next wait is short again. */
const GOOD_RUN_MS = 10_000;
/** Faults that do not go away by waiting. */
const LASTING = new Set<ErrorCode>([
  'E_SOURCE_FORBIDDEN',
  'E_SOURCE_UNAUTHORIZED',
  'E_SOURCE_NOT_FOUND',
  'E_SOURCE_UNREADABLE',
  'E_SOURCE_NO_VIDEO',
  'E_SOURCE_LIMIT',
  'E_FFMPEG_MISSING',
]);
/** What ffmpeg makes of a connection that breaks early looks like a source that is no good: it has three attempts. */
const GUESSED = new Set<ErrorCode>(['E_SOURCE_UNREADABLE', 'E_SOURCE_NO_VIDEO']);
const GUESSES = 3;
/** A camera that did well and comes back may refuse everything until it is all up. */
const RETURN_MS = 60_000;

/** What has gone wrong since the last good run. Times are epoch milliseconds. */
export class Trouble {
  /** Attempts that failed since the last good run. */
  failures = 0;
  /** Whether the last failure is the stream's end. */
  isFinal = false;
  #hasRun: boolean;
  #runningSince: number | undefined;
  #told: ErrorCode | undefined;
  /** The same lasting fault, in a row. */
  #refusal: { code: ErrorCode; since: number; times: number } | undefined;

  /** `hasRun`: the source has been seen before, by this ingest or another. */
  constructor({ hasRun }: { hasRun: boolean }) {
    this.#hasRun = hasRun;
  }

  /** A picture came. */
  clear(now: number): void {
    this.#hasRun = true;
    this.#runningSince ??= now;
    this.#told = undefined;
    this.#refusal = undefined;
  }

  /** An attempt failed, or a run ended. Returns whether that is news to clients. */
  note(code: ErrorCode, now: number): boolean {
    if (this.#runningSince !== undefined && now - this.#runningSince >= GOOD_RUN_MS) this.failures = 0;
    this.#runningSince = undefined;
    this.failures++;
    if (!LASTING.has(code)) this.#refusal = undefined;
    else if (this.#refusal?.code === code) this.#refusal.times++;
    else this.#refusal = { code, since: now, times: 1 };
    this.isFinal = this.#refusal !== undefined && this.#isFinal(this.#refusal, now);
    const isNews = this.#told !== code;
    this.#told = code;
    return isNews;
  }

  #isFinal({ code, since, times }: { code: ErrorCode; since: number; times: number }, now: number): boolean {
    if (code === 'E_SOURCE_FORBIDDEN' || code === 'E_FFMPEG_MISSING') return true;
    if (this.#hasRun) return now - since >= RETURN_MS;
    return !GUESSED.has(code) || times >= GUESSES;
  }
}
