// A live source that is never let go: connected, watched, connected again, until it is stopped or refuses for good.
import type { Reason } from '../protocol/stream.ts';
import { PipelineError } from '../runtime/errors.ts';
import type { NetworkRules } from '../sources/pinned-connection.ts';
import type { UrlSource } from '../sources/policy.ts';
import { openRelay, type Relay } from '../sources/relay.ts';
import { backoffMs } from './backoff.ts';
import { decodeNetwork } from './decoder-network.ts';
import type { DecoderSettings, Frame } from './decoder-run.ts';
import type { LiveClock } from './live-clock.ts';
import { pause } from './pause.ts';
import { Trouble } from './trouble.ts';

export interface LiveOptions {
  /** Asks the policy again: what was allowed an hour ago may lead elsewhere now. */
  readonly resolve: () => Promise<UrlSource>;
  readonly rules: NetworkRules;
  readonly settings: DecoderSettings;
  /** The source has been seen before. */
  readonly hasRun: boolean;
  /** A source without a picture for this long is connected to anew. */
  readonly stallMs: number;
  /** Called with the time of the first picture, before it is yielded. */
  readonly startClock: (nowMs: number) => Promise<LiveClock>;
  /** Told why the source is connected to again; the same reason in a row once. */
  readonly onTrouble: (reason: Reason) => Promise<void>;
}

/**
 * Yields the pictures of a live source as they come, each on its slot of the grid. Ends when the source says that there is
 * no more, which playlists and files can and cameras cannot.
 * @throws the fault of a source that refuses for good; what `onTrouble` and `startClock` throw; the signal's reason.
 */
export async function* watchLive(
  options: LiveOptions,
  signal: AbortSignal,
): AsyncGenerator<Frame, void, undefined> {
  const trouble = new Trouble(options);
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
    const isNews = trouble.note(fault.code, Date.now());
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
