// What stands between ffmpeg and a source on the network: ffmpeg connects to a relay on loopback, and to nothing else.
import type { PipelineError } from '../runtime/errors.ts';
import type { Service } from '../runtime/shutdown.ts';
import { openHttpRelay } from './http-relay.ts';
import type { NetworkRules } from './pinned-connection.ts';
import type { UrlSource } from './policy.ts';
import { openRtspRelay } from './rtsp-relay.ts';

/** What comes out of a relay, as far as it is known before ffmpeg looks at it. */
export type SourceNature = 'rtsp' | 'playlist' | 'mjpeg' | 'media';

/**
 * A way to one source. The relay makes every connection itself, to addresses that the policy allows, and logs in; so that
 * neither the name nor the credentials are on ffmpeg's command line, and no redirect or playlist leads ffmpeg elsewhere.
 */
export interface Relay extends Service {
  /** What ffmpeg is to open, on loopback. Tells nothing about the source. */
  readonly url: string;
  readonly nature: SourceNature;
  /** What went wrong on the way, once something has: the cause of whatever ffmpeg then says. */
  readonly fault: PipelineError | undefined;
  /** Aborted with the fault when there is one. */
  readonly failed: AbortSignal;
  /** Whether the source itself has said that there is no more: a playlist with an end, a file read to its last byte. */
  readonly isComplete: boolean;
}

/**
 * Connects to `source` and returns the way to it for one ffmpeg. `idleMs`: a source that sends nothing for so long is gone.
 * @throws E_SOURCE_FORBIDDEN, E_SOURCE_UNREACHABLE, and where the source says so at once E_SOURCE_UNAUTHORIZED,
 * E_SOURCE_NOT_FOUND, E_SOURCE_UNREADABLE.
 */
export async function openRelay(
  source: UrlSource,
  options: { rules: NetworkRules; idleMs: number },
  signal: AbortSignal,
): Promise<Relay> {
  const isRtsp = source.scheme === 'rtsp' || source.scheme === 'rtsps';
  return isRtsp ? openRtspRelay(source, options, signal) : openHttpRelay(source, options, signal);
}
