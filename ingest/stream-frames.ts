// A stream's source → its frames, whatever kind it is.
import type { FrameGeometry } from '../protocol/model.ts';
import type { StoredRecord } from '../protocol/record.ts';
import type { StreamJob } from '../protocol/stream.ts';
import { PipelineError } from '../runtime/errors.ts';
import type { DeviceSource, FileSource } from '../sources/file-policy.ts';
import { resolveSource, type SourcePolicy, type UrlSource } from '../sources/policy.ts';
import { decodeFrames } from './decoder.ts';
import type { HardwareDecoder } from './decoder-arguments.ts';
import type { Limiter } from './decoder-limits.ts';
import type { DecoderSettings, Frame } from './decoder-run.ts';
import { watchLive } from './live.ts';
import { createLiveClock, keepEpoch, type LiveClock } from './live-clock.ts';
import { connectDevice, connectNetwork } from './live-connection.ts';
import { readRemoteFile } from './remote-file.ts';
import type { LeaseHolder } from './stream-record.ts';

/** How the decoders of one ingest are run. */
export interface DecoderPolicy {
  readonly ffmpeg: string;
  readonly env: Readonly<Record<string, string>>;
  readonly threads: number;
  readonly hardware: HardwareDecoder;
  /** Null where the system cannot limit them. */
  readonly limiter: Limiter | null;
  readonly memoryBytes: number;
  /** Of one file. */
  readonly cpuSeconds: number;
  readonly fileMaxSeconds: number;
  readonly stallMs: number;
  /** Of cameras, decode keyframes only, where they come often enough. */
  readonly isKeyframesOnly: boolean;
}

export interface StreamFramesOptions {
  readonly source: StreamJob['source'];
  /** What {@link checkSource} has found. */
  readonly local: FileSource | DeviceSource | null;
  readonly policy: SourcePolicy;
  readonly decoders: DecoderPolicy;
  readonly record: StoredRecord;
  readonly holder: LeaseHolder;
  readonly geometry: FrameGeometry;
  readonly onDuration: (seconds: number) => void;
  /** Told when an ffmpeg has started. */
  readonly onStart: () => void;
  /** Told why the source is connected to again. */
  readonly onTrouble: (fault: PipelineError) => Promise<void>;
}

/**
 * Returns the file or device that a source is, or null for a URL that may be opened; a name that does not resolve now is asked for
 * again when it is connected to. @throws what resolveSource throws otherwise
 */
export async function checkSource(
  source: StreamJob['source'],
  policy: SourcePolicy,
): Promise<FileSource | DeviceSource | null> {
  try {
    const resolved = await resolveSource(source, policy);
    return resolved.kind === 'url' ? null : resolved;
  } catch (error) {
    if (error instanceof PipelineError && error.code === 'E_SOURCE_UNREACHABLE') return null;
    throw error;
  }
}

/** Returns the frames of a stream from its `nextFrame` on. @throws what decodeFrames, watchLive and readRemoteFile throw */
export function streamFrames(
  options: StreamFramesOptions,
  signal: AbortSignal,
): AsyncGenerator<Frame, void, undefined> {
  const { local, record, holder, policy, decoders, onTrouble } = options;
  const { mode, sampleFps, nextFrame } = record;
  const settings = settingsOf(options);
  if (local?.kind === 'file') {
    const request = { ...settings, path: local.path, startFrame: nextFrame, isPaced: mode === 'live' };
    return decodeFrames(request, signal);
  }
  const resolve = async (): Promise<UrlSource> => {
    const source = await resolveSource(options.source, policy);
    if (source.kind === 'url') return source;
    throw new PipelineError('E_INTERNAL', 'Expected the source to be a URL still.');
  };
  const network = { resolve, rules: policy, settings };
  if (mode === 'file' && !local) {
    return readRemoteFile(
      {
        ...network,
        startFrame: nextFrame,
        idleMs: decoders.stallMs,
        onTrouble,
      },
      signal,
    );
  }
  // One clock for all connections: between them time goes on.
  let clock: LiveClock | undefined;
  const startClock = async (nowMs: number) => {
    clock ??= createLiveClock({ epochMs: await keepEpoch(holder, nowMs), sampleFps, nextFrame });
    return clock;
  };
  const { stallMs, isKeyframesOnly } = decoders;
  const open = local
    ? connectDevice({ path: local.path, settings, stallMs })
    : connectNetwork({ ...network, stallMs, isKeyframesOnly });
  return watchLive({ open, sampleFps, hasRun: record.published > 0, startClock, onTrouble }, signal);
}

function settingsOf({
  decoders,
  record,
  geometry,
  onDuration,
  onStart,
}: StreamFramesOptions): DecoderSettings {
  const { ffmpeg, env, threads, hardware, limiter, memoryBytes, cpuSeconds, fileMaxSeconds } = decoders;
  const isFile = record.mode === 'file';
  return {
    ...{ ffmpeg, env, threads, hardware, geometry, sampleFps: record.sampleFps, onDuration },
    ...(limiter ? { limiter } : {}),
    limits: {
      ...(hardware === 'none' ? { memoryBytes } : {}),
      // A camera is decoded for as long as it is watched, by one thread, at the speed of the time of day.
      ...(isFile ? { cpuSeconds } : {}),
    },
    ...(isFile ? { maxSeconds: fileMaxSeconds } : {}),
    onStart,
  };
}
