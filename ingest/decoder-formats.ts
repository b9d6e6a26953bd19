// Which containers are opened.

/**
 * Containers and raw streams that hold their own pictures. What is not here is not opened: playlists and scripts (hls,
 * concat, dash, imf) name other files, image2 reads patterns, lavfi computes, svg fetches. Sound is here so that a file
 * without pictures is told apart from one that is no media.
 */
export const MEDIA_FORMATS: readonly string[] = [
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

/** What else a playlist over HTTP needs; the relay has checked every address in it. */
export const PLAYLIST_FORMATS: readonly string[] = [...MEDIA_FORMATS, 'hls', 'webvtt'];
