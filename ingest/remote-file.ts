// A file behind a URL: read like one on disk, and asked for again where the network fails.
import { PipelineError } from '../runtime/errors.ts';
import type { NetworkRules } from '../sources/pinned-connection.ts';
import type { UrlSource } from '../sources/policy.ts';
import { openRelay, type Relay } from '../sources/relay.ts';
import { backoffMs } from './backoff.ts';
import { decodeNetwork } from './decoder-network.ts';
import type { DecoderSettings, Frame } from './decoder-run.ts';
import { pause } from './pause.ts';

export interface RemoteFileOptions {
  readonly resolve: () => Promise<UrlSource>;
  readonly rules: NetworkRules;
  readonly settings: DecoderSettings;
  /** Grid index of the first frame. */
  readonly startFrame: number;
  readonly idleMs: number;
  /** Attempts in a row that bring no frame, before the stream fails; 6 by default. */
  readonly attempts?: number;
  readonly onTrouble: (error: PipelineError) => Promise<void>;
}

const ATTEMPTS = 6;

/**
 * Yields the frames of the file in order, each once.
 * @throws what the source is found to be; E_SOURCE_UNREACHABLE after six attempts without a frame, 20 to 30 s.
 */
export async function* readRemoteFile(
  { resolve, rules, settings, startFrame, idleMs, attempts = ATTEMPTS, onTrouble }: RemoteFileOptions,
  signal: AbortSignal,
): AsyncGenerator<Frame, void, undefined> {
  let next = startFrame;
  for (let failures = 0; ; ) {
    signal.throwIfAborted();
    let relay: Relay | undefined;
    try {
      relay = await openRelay(await resolve(), { rules, idleMs }, signal);
      for await (const frame of decodeNetwork(
        { ...settings, relay, isLive: false, startFrame: next },
        signal,
      )) {
        next = frame.index + 1;
        failures = 0;
        yield frame;
      }
      return;
    } catch (error) {
      signal.throwIfAborted();
      const isTransient = error instanceof PipelineError && error.code === 'E_SOURCE_UNREACHABLE';
      if (!isTransient || ++failures >= attempts) throw error;
      await onTrouble(error);
    } finally {
      await relay?.close();
    }
    await pause(backoffMs(failures), signal);
  }
}
