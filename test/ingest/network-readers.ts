// How tests read sources behind URLs: as a stream does, without Redis.
import type { Frame } from '../../ingest/decoder-run.ts';
import { watchLive } from '../../ingest/live.ts';
import { createLiveClock, type LiveClock } from '../../ingest/live-clock.ts';
import { connectNetwork } from '../../ingest/live-connection.ts';
import { readRemoteFile } from '../../ingest/remote-file.ts';
import type { Reason } from '../../protocol/stream.ts';
import type { PipelineError } from '../../runtime/errors.ts';
import { resolveSource, type SourcePolicy, type UrlSource } from '../../sources/policy.ts';
import { SMALL } from '../fixtures/clip.ts';

/** One address of this machine is listed; 127.0.0.2 is not. */
export const policy: SourcePolicy = { mediaDirs: [], sourceNetworks: ['127.0.0.1/32'] };
export const settings = { ffmpeg: 'ffmpeg', geometry: SMALL, sampleFps: 5 };
export const never = new AbortController().signal;

/** Returns what the policy makes of a URL. */
export async function resolveUrl(url: string, rules = policy): Promise<UrlSource> {
  const source = await resolveSource({ url }, rules);
  if (source.kind === 'url') return source;
  throw new Error('Expected a URL.');
}

/** What came out, and what was told on the way. */
export interface Outcome {
  readonly frames: Frame[];
  readonly error: PipelineError | null;
  readonly troubles: Reason[];
}

async function collect(frames: AsyncIterable<Frame>, troubles: Reason[], most = 1_000): Promise<Outcome> {
  const taken: Frame[] = [];
  try {
    for await (const frame of frames) if (taken.push(frame) >= most) break;
    return { frames: taken, error: null, troubles };
  } catch (error) {
    return { frames: taken, error: error as PipelineError, troubles };
  }
}

/** Reads a file behind a URL to its end. */
export function file(
  url: string,
  startFrame = 0,
  {
    geometry = settings.geometry,
    idleMs = 5_000,
    attempts = 6,
    onFrame = async (_: number): Promise<unknown> => undefined,
  } = {},
): Promise<Outcome> {
  const troubles: Reason[] = [];
  const options = {
    ...{ resolve: () => resolveUrl(url), rules: policy, startFrame, idleMs, attempts },
    settings: { ...settings, geometry },
    onTrouble: async ({ code, message }: PipelineError) => void troubles.push({ code, message }),
  };
  async function* frames() {
    for await (const frame of readRemoteFile(options, never)) {
      await onFrame(frame.index);
      yield frame;
    }
  }
  return collect(frames(), troubles);
}

/** Watches a live source to its end, or for `most` pictures. */
export function live(
  url: string,
  most?: number,
  { sampleFps = 5, isKeyframesOnly = false, onStart = (_: number | undefined) => {} } = {},
): Promise<Outcome> {
  const troubles: Reason[] = [];
  let clock: LiveClock | undefined;
  const resolve = () => resolveUrl(url);
  const network = { resolve, rules: policy, settings: { ...settings, sampleFps, onStart }, stallMs: 5_000 };
  const options = {
    ...{ open: connectNetwork({ ...network, isKeyframesOnly }), sampleFps, hasRun: false },
    async startClock(epochMs: number) {
      clock ??= createLiveClock({ epochMs, sampleFps, nextFrame: 0 });
      return clock;
    },
    onTrouble: async ({ code, message }: PipelineError) => void troubles.push({ code, message }),
  };
  return collect(watchLive(options, never), troubles, most);
}
