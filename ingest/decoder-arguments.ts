// A decode in words → the arguments of ffmpeg. The only place that knows fluent-ffmpeg, which builds them and never runs.
import ffmpeg from 'fluent-ffmpeg';
import type { FrameGeometry } from '../protocol/model.ts';

/** What is decoded, and onto which grid. */
export interface DecodePlan {
  /** Absolute path of a file. */
  readonly path: string;
  readonly geometry: FrameGeometry;
  /** Frames per second of media; frame k shows what is displayed at k / sampleFps. */
  readonly sampleFps: number;
  /** Grid index of the first frame that comes out. */
  readonly startFrame: number;
  /** Seek to `startFrame` instead of decoding up to it. The log tells whether the seek has landed before it. */
  readonly isSeekable: boolean;
  /** Read at the speed of the media, as a camera would deliver it. */
  readonly isPaced: boolean;
  /** Threads of the decoder. */
  readonly threads: number;
}

/** A seek aims this far before the first frame, so that it is there whatever the rounding. */
const SEEK_MARGIN_SECONDS = 2;
/** Largest picture that is decoded, 8192 x 8192: a header that lies about its size must not take the memory. */
const MAX_PIXELS = 8_192 * 8_192;
/** Widest picture after scaling, before the crop: the aspect ratio is the source's to choose. */
const MAX_SCALED_PX = 8_192;

/**
 * Containers and raw streams that hold their own pictures. What is not here is not opened: playlists and scripts (hls,
 * concat, dash, imf) name other files, image2 reads patterns, lavfi computes, svg fetches. Sound is here so that a file
 * without pictures is told apart from one that is no media.
 */
const FORMATS = [
  ...['mov', 'mp4', 'matroska', 'webm', 'avi', 'mpegts', 'mpeg', 'mpegvideo', 'm4v', 'h261', 'h263', 'h264'],
  ...['hevc', 'vvc', 'av1', 'obu', 'ivf', 'vc1', 'vc1test', 'dirac', 'cavsvideo', 'avs', 'mjpeg', 'mpjpeg'],
  ...['flv', 'live_flv', 'asf', 'asf_o', 'ogg', 'nut', 'mxf', 'gxf', 'rm', 'dv', 'wtv', 'swf', 'amv', 'dxa'],
  ...['yuv4mpegpipe', 'gif', 'apng', 'smjpeg', 'r3d', 'cine', 'nuv', 'roq', 'film_cpk', 'bink', 'smk', 'mlv'],
  ...[
    'png_pipe',
    'jpeg_pipe',
    'jpegls_pipe',
    'jpegxl_pipe',
    'webp_pipe',
    'bmp_pipe',
    'tiff_pipe',
    'gif_pipe',
  ],
  ...['ppm_pipe', 'pgm_pipe', 'pam_pipe', 'exr_pipe', 'j2k_pipe', 'qoi_pipe', 'ico', 'dhav', 'ipu'],
  ...[
    'mp3',
    'aac',
    'ac3',
    'eac3',
    'flac',
    'wav',
    'w64',
    'aiff',
    'au',
    'caf',
    'amr',
    'ape',
    'dts',
    'opus',
    'tta',
  ],
];

/**
 * Returns the arguments that make ffmpeg write the frames of `plan` to standard output as RGB24, `sizePx` x `sizePx`, and
 * tell what it finds on standard error.
 */
export function decoderArguments(plan: DecodePlan): string[] {
  const { path, sampleFps, startFrame, isSeekable, isPaced, threads } = plan;
  const command = ffmpeg(`file:${path}`);
  command.inputOptions('-nostdin', '-hide_banner', '-loglevel', 'level+info', '-stats_period', '2');
  command.inputOptions('-protocol_whitelist', 'file', '-format_whitelist', FORMATS.join(','));
  command.inputOptions('-max_pixels', String(MAX_PIXELS), '-threads', String(threads));
  if (isPaced) command.inputOptions('-re');
  if (isSeekable) {
    const seekSeconds = Math.max(0, startFrame / sampleFps - SEEK_MARGIN_SECONDS);
    // From a keyframe before, without trimming: a long-lived frame of before may be the one that is displayed.
    command.inputOptions('-ss', seekSeconds.toFixed(3), '-noaccurate_seek', '-copyts', '-start_at_zero');
  }
  command.output('pipe:1');
  // The first moving picture; no cover art, sound, subtitles or data. Rotation from the metadata is applied.
  command.outputOptions('-map', '0:V:0', '-an', '-sn', '-dn');
  command.videoFilters([...gridFilters(plan), ...geometryFilters(plan.geometry)]);
  // `cfr` fills the slots before a picture that comes late, and those lost where the picture's format changes.
  command.outputOptions('-fps_mode', 'cfr', '-f', 'rawvideo');
  return command._getArguments();
}

/** Which pictures: slot k of the grid shows the last frame with a time of at most k / sampleFps. */
function gridFilters({ sampleFps, startFrame, isSeekable }: DecodePlan): string[] {
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

/** How they are brought to the model's size: as people see them, so pixels that are not square are made square. */
function geometryFilters({ sizePx, resizePx, resize, resample }: FrameGeometry): string[] {
  const quality = `flags=${FLAGS[resample]}+accurate_rnd+full_chroma_int+full_chroma_inp`;
  const side = (of: string, by: string) =>
    `if(lte(${of}\\,${by})\\,${resizePx}\\,min(trunc(${resizePx}*${of}/(${by}))\\,${MAX_SCALED_PX}))`;
  const scale =
    resize === 'exact' ? `${resizePx}:${resizePx}` : `w=${side('iw*sar', 'ih')}:h=${side('ih', 'iw*sar')}`;
  // The crop comes after the conversion: on subsampled chroma it could only begin at even pixels. Its middle is rounded
  // down, as the reference preprocessing does; ffmpeg's own default rounds up.
  const crop = `crop=${sizePx}:${sizePx}:trunc((iw-${sizePx})/2):trunc((ih-${sizePx})/2)`;
  return [`scale=${scale}:${quality}`, 'format=rgb24', crop];
}

// No parameters: plain bicubic is nearest to PIL's, which models are trained on; ffmpeg cuts a fraction such as 0.5 to 0.
const FLAGS: Record<FrameGeometry['resample'], string> = {
  nearest: 'neighbor',
  lanczos: 'lanczos',
  bilinear: 'bilinear',
  bicubic: 'bicubic',
  area: 'area',
};
