// source on the network ─▶ relay ─▶ **decode** ─▶ sample: one ffmpeg on one connection.
import { PipelineError } from '../runtime/errors.ts';
import type { Relay } from '../sources/relay.ts';
import { networkArguments } from './decoder-arguments.ts';
import { type DecoderSettings, type Frame, runDecoder } from './decoder-run.ts';

export interface NetworkDecodeRequest extends DecoderSettings {
  readonly relay: Relay;
  /** What comes now, as it comes: indexes count frames, not slots of a grid. A file otherwise. */
  readonly isLive: boolean;
  readonly isKeyframesOnly?: boolean;
  /** Grid index of a file's first frame. */
  readonly startFrame?: number;
}

/**
 * Yields the frames that come through `relay`, and ends ffmpeg with it.
 * @throws the relay's fault; what decodeFrames throws. Live: E_SOURCE_UNREACHABLE when no frame came for `stallTimeoutMs`.
 */
export async function* decodeNetwork(
  request: NetworkDecodeRequest,
  signal: AbortSignal,
): AsyncGenerator<Frame, void, undefined> {
  const { relay, isLive, geometry, sampleFps, hardware = 'none', isKeyframesOnly = false } = request;
  const startFrame = request.startFrame ?? 0;
  // More threads hold frames back.
  const threads = isLive ? 1 : (request.threads ?? 2);
  const { url, nature } = relay;
  const args = networkArguments({
    ...{ url, nature, isLive, geometry, sampleFps, startFrame, threads, hardware },
    isKeyframesOnly,
  });
  const ended = AbortSignal.any([signal, relay.failed]);
  // ffmpeg's own way to another host, should it find one, leads to the relay too, which refuses.
  const proxy = nature === 'rtsp' ? {} : { http_proxy: url.slice(0, url.lastIndexOf('/')) };
  const env = { ...request.env, ...proxy };
  let decoderLog: readonly string[] = [];
  const onLog = (lines: readonly string[]) => {
    decoderLog = lines;
  };
  try {
    yield* runDecoder({ ...request, args, input: url, env, startFrame, isSeekable: false, onLog }, ended);
  } catch (error) {
    signal.throwIfAborted();
    if (!relay.fault) throw error;
  }
  if (!relay.fault) return;
  const { code, message, cause } = relay.fault;
  throw new PipelineError(code, message, { cause, facts: { decoderLog } });
}
