// A live source that is never let go: connected, watched, connected again, until it is stopped or refuses for good.
import type { Reason } from '../protocol/stream.ts';
import { type ErrorCode, PipelineError, toPipelineError } from '../runtime/errors.ts';
import type { NetworkRules } from '../sources/pinned-connection.ts';
import type { UrlSource } from '../sources/policy.ts';
import { openRelay, type Relay } from '../sources/relay.ts';
import { backoffMs } from './backoff.ts';
import { decodeNetwork } from './decoder-network.ts';
import type { DecoderSettings, Frame } from './decoder-run.ts';
import type { LiveClock } from './live-clock.ts';
import { pause } from './pause.ts';

export interface LiveOptions {
  /** Asks the policy again: what was allowed an hour ago may lead elsewhere now. */
  readonly resolve: () => Promise<UrlSource>;
  readonly rules: NetworkRules;
  readonly settings: DecoderSettings;
  /** A source without a picture for this long is connected to anew. */
  readonly stallMs: number;
  /** Called with the time of the first picture, before it is yielded. */
  readonly startClock: (nowMs: number) => Promise<LiveClock>;
  /** Told why the source is connected to again; the same reason in a row once. */
  readonly onTrouble: (reason: Reason) => Promise<void>;
}

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

/**
 * Yields the pictures of a live source as they come, each on its slot of the grid. Ends when the source says that there is
 * no more, which playlists and files can and cameras cannot.
 * @throws the fault of a source that refuses for good; what `onTrouble` and `startClock` throw; the signal's reason.
 */
export async function* watchLive(
  options: LiveOptions,
  signal: AbortSignal,
): AsyncGenerator<Frame, void, undefined> {
  const trouble = new Trouble();
  for (;;) {
    signal.throwIfAborted();
    let relay: Relay | undefined;
    let fault: PipelineError;
    try {
      relay = await openRelay(
        await options.resolve(),
        { rules: options.rules, idleMs: options.stallMs },
        signal,
      );
      yield* playOnce(options, { relay, trouble }, signal);
      if (relay.isComplete && relay.nature !== 'mjpeg') return;
      fault = new PipelineError('E_SOURCE_UNREACHABLE', 'The source ended the connection.');
    } catch (error) {
      signal.throwIfAborted();
      // Not the source's: Redis is away, the lease is lost, a defect.
      if (!(error instanceof PipelineError) || !/^E_(SOURCE|DECODE|FFMPEG)_/.test(error.code)) throw error;
      fault = error;
    } finally {
      await relay?.close();
    }
    const isNews = trouble.note(fault);
    if (trouble.isFinal) throw fault;
    if (isNews) await options.onTrouble({ code: fault.code, message: fault.message });
    await pause(backoffMs(trouble.failures), signal);
  }
}

async function* playOnce(
  { settings, stallMs, startClock }: LiveOptions,
  { relay, trouble }: { relay: Relay; trouble: Trouble },
  signal: AbortSignal,
): AsyncGenerator<Frame, void, undefined> {
  let clock: LiveClock | undefined;
  const request = { ...settings, relay, isLive: true, stallTimeoutMs: stallMs, signOfLife: 'frame' as const };
  for await (const { pixels } of decodeNetwork(request, signal)) {
    const now = Date.now();
    trouble.clear(now);
    clock ??= await startClock(now);
    const index = clock.slotAt(now);
    if (index !== null) yield { index, mediaSeconds: index / settings.sampleFps, pixels };
  }
}

/** What has gone wrong since the last good run. */
class Trouble {
  failures = 0;
  isFinal = false;
  #hasRun = false;
  #runningSince: number | undefined;
  #told: ErrorCode | undefined;
  /** The same lasting fault, in a row. */
  #refusal: { code: ErrorCode; since: number; times: number } | undefined;

  /** A picture came. */
  clear(now: number): void {
    this.#hasRun = true;
    this.#runningSince ??= now;
    this.#told = undefined;
    this.#refusal = undefined;
  }

  /** Returns whether clients do not know it yet. */
  note(fault: PipelineError): boolean {
    const { code } = toPipelineError(fault);
    const now = Date.now();
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
