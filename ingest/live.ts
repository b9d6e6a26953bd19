// A live source that is never let go: connected, watched, connected again, until it is stopped or refuses for good.
import { PipelineError } from '../runtime/errors.ts';
import { backoffMs } from './backoff.ts';
import type { Frame } from './decoder-run.ts';
import type { LiveClock } from './live-clock.ts';
import { pause } from './pause.ts';
import { Trouble } from './trouble.ts';

/** One connection to a live source. */
export interface LiveConnection {
  /** Its pictures as they come; indexes mean nothing. May be called once. */
  frames(signal: AbortSignal): AsyncGenerator<Frame, void, undefined>;
  /** Whether the source itself has said that there is no more. */
  readonly isComplete: boolean;
  close(): Promise<void>;
}

export interface LiveOptions {
  readonly open: (signal: AbortSignal) => Promise<LiveConnection>;
  readonly sampleFps: number;
  /** The source has been seen before. */
  readonly hasRun: boolean;
  /** Called with the time of the first picture of a connection, before it is yielded. */
  readonly startClock: (nowMs: number) => Promise<LiveClock>;
  /** Told why the source is connected to again; the same reason in a row once. */
  readonly onTrouble: (fault: PipelineError) => Promise<void>;
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
    let connection: LiveConnection | undefined;
    let fault: PipelineError;
    try {
      connection = await options.open(signal);
      yield* playOnce(options, { connection, trouble }, signal);
      if (connection.isComplete) return;
      fault = new PipelineError('E_SOURCE_UNREACHABLE', 'The source ended the connection.');
    } catch (error) {
      signal.throwIfAborted();
      // Not the source's: Redis is away, the lease is lost, a defect.
      if (!(error instanceof PipelineError) || !/^E_(SOURCE|DECODE|FFMPEG)_/.test(error.code)) throw error;
      fault = error;
    } finally {
      await connection?.close();
    }
    const isNews = trouble.note(fault.code, Date.now());
    if (trouble.isFinal) throw fault;
    if (isNews) await options.onTrouble(fault);
    await pause(backoffMs(trouble.failures), signal);
  }
}

async function* playOnce(
  { sampleFps, startClock }: LiveOptions,
  { connection, trouble }: { connection: LiveConnection; trouble: Trouble },
  signal: AbortSignal,
): AsyncGenerator<Frame, void, undefined> {
  let clock: LiveClock | undefined;
  for await (const { pixels } of connection.frames(signal)) {
    const now = Date.now();
    trouble.clear(now);
    clock ??= await startClock(now);
    const index = clock.slotAt(now);
    if (index !== null) yield { index, mediaSeconds: index / sampleFps, pixels };
  }
}
