// A decode in words → the arguments of ffmpeg. The only place that knows fluent-ffmpeg, which builds them and never runs.
import ffmpeg from 'fluent-ffmpeg';
import type { FrameGeometry } from '../protocol/model.ts';
import type { SourceNature } from '../sources/relay.ts';
import { MEDIA_FORMATS, PLAYLIST_FORMATS } from './decoder-formats.ts';
import { geometryFilters } from './decoder-geometry.ts';

/** Hardware that decodes. `auto`: whatever there is; software where there is none. */
export type HardwareDecoder = 'none' | 'auto' | 'cuda' | 'vaapi';

interface CommonPlan {
  readonly geometry: FrameGeometry;
  /** Frames per second of media; frame k shows what is displayed at k / sampleFps. */
  readonly sampleFps: number;
  /** Threads of the decoder. */
  readonly threads: number;
  readonly hardware: HardwareDecoder;
}

/** What is decoded, and onto which grid. */
export interface DecodePlan extends CommonPlan {
  /** Absolute path of a file. */
  readonly path: string;
  /** Grid index of the first frame that comes out. */
  readonly startFrame: number;
  /** Seek to `startFrame` instead of decoding up to it. The log tells whether the seek has landed before it. */
  readonly isSeekable: boolean;
  /** Read at the speed of the media, as a camera would deliver it. */
  readonly isPaced: boolean;
}

/** A source on the network, behind its relay. */
export interface NetworkPlan extends CommonPlan {
  /** The relay's, on loopback. */
  readonly url: string;
  readonly nature: SourceNature;
  /** What comes now, as it comes, with no grid of its own; or a file from `startFrame` on. */
  readonly isLive: boolean;
  readonly startFrame: number;
  /** Leave out what is not a keyframe, undecoded. */
  readonly isKeyframesOnly: boolean;
}

/** A camera on this machine. */
export interface DevicePlan extends CommonPlan {
  /** Such as /dev/video0. */
  readonly path: string;
}

/** A seek aims this far before the first frame, so that it is there whatever the rounding. */
const SEEK_MARGIN_SECONDS = 2;
/** Largest picture that is decoded, 8192 x 8192: a header that lies about its size must not take the memory. */
const MAX_PIXELS = 8_192 * 8_192;
/** A relay that is silent for so long is given up by ffmpeg itself; the relay and the watchdog are quicker. */
const NETWORK_TIMEOUT_US = 60_000_000;

/**
 * Returns the arguments that make ffmpeg write the frames of `plan` to standard output as RGB24, `sizePx` x `sizePx`, and
 * tell what it finds on standard error.
 */
export function decoderArguments(plan: DecodePlan): string[] {
  const { path, sampleFps, startFrame, isSeekable, isPaced } = plan;
  const command = open(`file:${path}`, plan);
  command.inputOptions('-protocol_whitelist', 'file', '-format_whitelist', MEDIA_FORMATS.join(','));
  if (isPaced) command.inputOptions('-re');
  if (isSeekable) {
    const seekSeconds = Math.max(0, startFrame / sampleFps - SEEK_MARGIN_SECONDS);
    // From a keyframe before, without trimming: a long-lived frame of before may be the one that is displayed.
    command.inputOptions('-ss', seekSeconds.toFixed(3), '-noaccurate_seek', '-copyts', '-start_at_zero');
  }
  return finish(command, { filters: [...gridFilters(plan), ...geometryFilters(plan.geometry)], rate: 'cfr' });
}

/**
 * Returns the arguments for a source on the network. Of a live one, ffmpeg writes the first picture of each slot of
 * 1 / sampleFps as it comes, and none where none comes.
 */
export function networkArguments(plan: NetworkPlan): string[] {
  const { url, nature, isLive, geometry } = plan;
  const command = open(url, plan);
  if (nature === 'rtsp') {
    command.inputOptions('-protocol_whitelist', 'tcp', '-format_whitelist', 'rtsp', '-f', 'rtsp');
    // Over TCP, so that it all goes through the relay. `-timeout` is libavformat 59's name; older ones are refused.
    command.inputOptions('-rtsp_transport', 'tcp', '-timeout', String(NETWORK_TIMEOUT_US));
    command.inputOptions('-allowed_media_types', 'video');
  } else {
    const formats = nature === 'playlist' ? PLAYLIST_FORMATS : MEDIA_FORMATS;
    // `crypto` decrypts segments; what it decrypts comes over http too.
    command.inputOptions('-protocol_whitelist', 'http,tcp,crypto', '-format_whitelist', formats.join(','));
    command.inputOptions('-rw_timeout', String(NETWORK_TIMEOUT_US));
  }
  if (!isLive) {
    const filters = gridFilters({ ...plan, isSeekable: false });
    return finish(command, { filters: [...filters, ...geometryFilters(geometry)], rate: 'cfr' });
  }
  if (nature === 'rtsp' || nature === 'mjpeg') {
    command.inputOptions('-fflags', 'nobuffer+genpts+discardcorrupt', '-flags', 'low_delay');
    // What has no clock, or one that nobody sets, is timed by its arrival.
    command.inputOptions('-use_wallclock_as_timestamps', '1');
  } else {
    // What comes in pieces is paced by its own.
    command.inputOptions('-fflags', 'genpts+discardcorrupt', '-re');
  }
  if (plan.isKeyframesOnly) command.inputOptions('-skip_frame', 'nokey');
  return finish(command, { filters: [firstOfSlot(plan), ...geometryFilters(geometry)], rate: 'passthrough' });
}

/** Returns the arguments for a device of Video4Linux, which is live. */
export function deviceArguments(plan: DevicePlan): string[] {
  const command = open(plan.path, plan);
  command.inputOptions('-protocol_whitelist', 'file', '-format_whitelist', 'v4l2,video4linux2', '-f', 'v4l2');
  command.inputOptions('-fflags', 'nobuffer', '-flags', 'low_delay', '-use_wallclock_as_timestamps', '1');
  const filters = [firstOfSlot(plan), ...geometryFilters(plan.geometry)];
  return finish(command, { filters, rate: 'passthrough' });
}

function firstOfSlot({ sampleFps }: CommonPlan): string {
  const slot = (time: string) => `floor(${time}*${sampleFps})`;
  return `select=isnan(prev_selected_t)+gt(${slot('t')}\\,${slot('prev_selected_t')})`;
}

function open(input: string, { threads, hardware }: CommonPlan) {
  const command = ffmpeg(input);
  command.inputOptions('-nostdin', '-hide_banner', '-loglevel', 'level+info', '-stats_period', '2');
  command.inputOptions('-max_pixels', String(MAX_PIXELS), '-threads', String(threads));
  if (hardware !== 'none') command.inputOptions('-hwaccel', hardware);
  return command;
}

function finish(
  command: ReturnType<typeof open>,
  { filters, rate }: { filters: string[]; rate: 'cfr' | 'passthrough' },
): string[] {
  command.output('pipe:1');
  // The first moving picture; no cover art, sound, subtitles or data. Rotation from the metadata is applied.
  command.outputOptions('-map', '0:V:0', '-an', '-sn', '-dn');
  command.videoFilters(filters);
  // `cfr` fills the slots before a picture that comes late, and those lost where the picture's format changes.
  // One thread: ffmpeg gives each its frame before it lets the first one out, which at 2 a second is seconds.
  command.outputOptions('-fps_mode', rate, '-f', 'rawvideo', '-threads', '1');
  return command._getArguments();
}

/** Which pictures: slot k of the grid shows the last frame with a time of at most k / sampleFps. */
function gridFilters({
  sampleFps,
  startFrame,
  isSeekable,
}: Pick<DecodePlan, 'sampleFps' | 'startFrame' | 'isSeekable'>): string[] {
  const filters = [
    // Where the picture begins a moment after the sound, slot 0 shows the first frame.
    `setpts=if(eq(N\\,0)*lt(T\\,1/${sampleFps})\\,0\\,PTS)`,
    // `round=up` gives a frame to the first slot at or after its time; a later one of the same slot replaces it.
    `fps=fps=${sampleFps}:round=up`,
  ];
  // Tells where the seek has landed.
  if (isSeekable) filters.push('showinfo=checksum=0');
  if (startFrame > 0) filters.push(`select=gte(pts\\,${startFrame})`, `setpts=PTS-${startFrame}`);
  return filters;
}
