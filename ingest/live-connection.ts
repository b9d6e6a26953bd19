// How live sources are connected to: through a relay, or as a device of this machine.
import { PipelineError } from '../runtime/errors.ts';
import type { NetworkRules } from '../sources/pinned-connection.ts';
import type { UrlSource } from '../sources/policy.ts';
import { openRelay, type Relay } from '../sources/relay.ts';
import { deviceArguments } from './decoder-arguments.ts';
import { decodeNetwork } from './decoder-network.ts';
import { type DecoderSettings, type Frame, runDecoder } from './decoder-run.ts';
import type { LiveConnection } from './live.ts';

export interface LiveNetworkOptions {
  /** Asks the policy again: what was allowed an hour ago may lead elsewhere now. */
  readonly resolve: () => Promise<UrlSource>;
  readonly rules: NetworkRules;
  readonly settings: DecoderSettings;
  /** A source without a picture for this long is given up. */
  readonly stallMs: number;
  /** Decode keyframes only, as long as there are enough of them. */
  readonly isKeyframesOnly: boolean;
}

/** Long enough to tell how often keyframes come. */
const TRIAL_MS = 5_000;
/** Of the pictures that are wanted, how many keyframes must bring. */
const ENOUGH = 0.8;

/** Returns what connects to a URL. It remembers that a camera's keyframes are too rare. */
export function connectNetwork(
  options: LiveNetworkOptions,
): (signal: AbortSignal) => Promise<LiveConnection> {
  const { resolve, rules, settings, stallMs } = options;
  let isKeyframesOnly = options.isKeyframesOnly;
  const openOne = async (signal: AbortSignal) =>
    openRelay(await resolve(), { rules, idleMs: stallMs }, signal);
  const decode = (relay: Relay, signal: AbortSignal) =>
    decodeNetwork(
      {
        ...{ ...settings, relay, isLive: true, stallTimeoutMs: stallMs, signOfLife: 'frame' },
        isKeyframesOnly: isKeyframesOnly && relay.nature === 'rtsp',
      },
      signal,
    );
  return async (signal) => {
    let relay = await openOne(signal);
    async function* frames(halt: AbortSignal): AsyncGenerator<Frame, void, undefined> {
      if (isKeyframesOnly && relay.nature === 'rtsp') {
        if (await (yield* whileEnough(decode(relay, halt), settings.sampleFps))) return;
        isKeyframesOnly = false;
        await relay.close();
        relay = await openOne(halt);
      }
      yield* decode(relay, halt);
    }
    return {
      frames,
      get isComplete() {
        return relay.isComplete && relay.nature !== 'mjpeg';
      },
      close: () => relay.close(),
    };
  };
}

/** Yields frames while there are enough of them; returns whether there were, to the end. */
async function* whileEnough(
  frames: AsyncGenerator<Frame, void, undefined>,
  sampleFps: number,
): AsyncGenerator<Frame, boolean, undefined> {
  let began: number | undefined;
  let count = 0;
  for await (const frame of frames) {
    const now = Date.now();
    began ??= now;
    const elapsedMs = now - began;
    yield frame;
    if (elapsedMs > TRIAL_MS && count < (elapsedMs / 1_000) * sampleFps * ENOUGH) return false;
    count++;
  }
  return true;
}

/** Returns what opens a video device, such as /dev/video0. */
export function connectDevice({
  path,
  settings,
  stallMs,
}: {
  path: string;
  settings: DecoderSettings;
  stallMs: number;
}): (signal: AbortSignal) => Promise<LiveConnection> {
  if (process.platform !== 'linux')
    throw new PipelineError('E_SOURCE_FORBIDDEN', 'Devices are opened on Linux only.');
  const { geometry, sampleFps } = settings;
  const args = deviceArguments({ path, geometry, sampleFps, threads: 1, hardware: 'none' });
  const run = { ...settings, args, input: path, startFrame: 0, isSeekable: false, stallTimeoutMs: stallMs };
  return async () => ({
    async *frames(signal) {
      yield* runDecoder({ ...run, signOfLife: 'frame' }, signal);
    },
    isComplete: false,
    close: async () => undefined,
  });
}
