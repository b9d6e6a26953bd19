// The arguments that ffmpeg gets.
import { describe, expect, it } from 'vitest';
import {
  type DecodePlan,
  decoderArguments,
  deviceArguments,
  type NetworkPlan,
  networkArguments,
} from '../../ingest/decoder-arguments.ts';

const PLAN: DecodePlan = {
  path: '/media/a film.mp4',
  geometry: { sizePx: 224, resizePx: 256, resize: 'shortest', resample: 'bicubic' },
  sampleFps: 2,
  startFrame: 0,
  isSeekable: false,
  isPaced: false,
  threads: 2,
  hardware: 'none',
};

/** The value behind an option. */
const optionOf = (args: readonly string[], option: string) => args[args.indexOf(option) + 1] ?? '';
const filtersOf = (plan: Partial<DecodePlan>) =>
  optionOf(decoderArguments({ ...PLAN, ...plan }), '-filter:v');

describe('decoderArguments', () => {
  const args = decoderArguments(PLAN);

  it('names the input as a file, whatever it is called', () => {
    for (const path of [
      '/media/-i',
      '/media/concat:a|b',
      '/media/a film.mp4',
      '/media/pipe:0',
      '/media/%d.png',
    ]) {
      expect(optionOf(decoderArguments({ ...PLAN, path }), '-i')).toBe(`file:${path}`);
    }
  });

  it('lets the input open no protocol but file, and no format that opens others', () => {
    const input = args.indexOf('-i');
    expect(optionOf(args, '-protocol_whitelist')).toBe('file');
    expect(args.indexOf('-protocol_whitelist')).toBeLessThan(input);
    expect(args.indexOf('-format_whitelist')).toBeLessThan(input);
    const formats = optionOf(args, '-format_whitelist').split(',');
    expect(formats).toEqual(expect.arrayContaining(['mov', 'matroska', 'avi', 'mpegts', 'gif', 'png_pipe']));
    for (const reference of [
      'hls',
      'concat',
      'dash',
      'image2',
      'lavfi',
      'sdp',
      'rtsp',
      'svg_pipe',
      'imf',
      'ffmetadata',
    ])
      expect(formats).not.toContain(reference);
    expect(new Set(formats).size).toBe(formats.length);
  });

  it('reads nothing from the terminal, takes the film alone, writes raw RGB to the pipe', () => {
    expect(args).toEqual(expect.arrayContaining(['-nostdin', '-an', '-sn', '-dn']));
    expect(optionOf(args, '-map')).toBe('0:V:0');
    expect(optionOf(args, '-f')).toBe('rawvideo');
    expect(filtersOf({})).toContain('format=rgb24,crop=224:224');
    expect(args.at(-1)).toBe('pipe:1');
    expect(args).not.toContain('-y');
  });

  it('samples before it scales, so that only what is looked at is scaled', () => {
    const filters = filtersOf({});
    expect(filters.indexOf('fps=fps=2:round=up')).toBeGreaterThan(-1);
    expect(filters.indexOf('fps=')).toBeLessThan(filters.indexOf('scale='));
    expect(filtersOf({ sampleFps: 0.5 })).toContain('fps=fps=0.5:round=up');
  });

  it.each(['nearest', 'lanczos', 'bilinear', 'bicubic', 'area'] as const)(
    'resamples as the model was trained: %s',
    (resample) => {
      const name = resample === 'nearest' ? 'neighbor' : resample;
      expect(filtersOf({ geometry: { ...PLAN.geometry, resample } })).toContain(`flags=${name}+`);
    },
  );

  it('resizes to a square where the model wants that', () => {
    expect(filtersOf({ geometry: { ...PLAN.geometry, resize: 'exact', resizePx: 224 } })).toContain(
      'scale=224:224:',
    );
  });

  it('seeks to a moment before the first frame that is wanted, and says where it landed', () => {
    const seeking = decoderArguments({ ...PLAN, startFrame: 21, isSeekable: true });
    expect(optionOf(seeking, '-ss')).toBe('8.500');
    expect(seeking).toEqual(expect.arrayContaining(['-noaccurate_seek', '-copyts', '-start_at_zero']));
    const filters = optionOf(seeking, '-filter:v');
    expect(filters).toContain('showinfo=checksum=0,select=gte(pts\\,21),setpts=PTS-21,scale');
    expect(optionOf(decoderArguments({ ...PLAN, startFrame: 1, isSeekable: true }), '-ss')).toBe('0.000');
  });

  it('decodes up to the first frame that is wanted where a seek would not be exact', () => {
    const skipping = decoderArguments({ ...PLAN, startFrame: 21 });
    expect(skipping).not.toContain('-ss');
    expect(optionOf(skipping, '-filter:v')).toContain('select=gte(pts\\,21),setpts=PTS-21');
  });

  it('reads at the speed of the media only when it stands in for a camera', () => {
    expect(args).not.toContain('-re');
    expect(decoderArguments({ ...PLAN, isPaced: true })).toContain('-re');
  });
});

describe('deviceArguments', () => {
  it('opens the device as one, and no other format', () => {
    const { geometry } = PLAN;
    const args = deviceArguments({
      path: '/dev/video0',
      geometry,
      sampleFps: 2,
      threads: 1,
      hardware: 'none',
    });
    expect(optionOf(args, '-f')).toBe('v4l2');
    expect(optionOf(args, '-format_whitelist')).toBe('v4l2,video4linux2');
    expect(optionOf(args, '-i')).toBe('/dev/video0');
    expect(optionOf(args, '-fps_mode')).toBe('passthrough');
  });
});

describe('networkArguments', () => {
  const network: NetworkPlan = {
    ...{
      geometry: PLAN.geometry,
      sampleFps: 2,
      threads: 1,
      hardware: 'none',
      startFrame: 0,
      isLive: true,
      isKeyframesOnly: false,
    },
    ...{ url: 'rtsp://127.0.0.1:1/source', nature: 'rtsp' },
  };
  const web: NetworkPlan = { ...network, url: 'http://127.0.0.1:1/source', nature: 'media' };

  it('takes RTSP over TCP, the picture alone, with no delay and the time of arrival', () => {
    const args = networkArguments(network);
    expect(optionOf(args, '-rtsp_transport')).toBe('tcp');
    expect(optionOf(args, '-protocol_whitelist')).toBe('tcp');
    expect(optionOf(args, '-format_whitelist')).toBe('rtsp');
    expect(optionOf(args, '-allowed_media_types')).toBe('video');
    expect(optionOf(args, '-fflags')).toBe('nobuffer+genpts+discardcorrupt');
    expect(optionOf(args, '-flags')).toBe('low_delay');
    expect(optionOf(args, '-use_wallclock_as_timestamps')).toBe('1');
    expect(Number(optionOf(args, '-timeout'))).toBeGreaterThan(1_000_000);
    expect(optionOf(args, '-i')).toBe(network.url);
  });

  it.each([
    ['rtsp', false],
    ['mjpeg', false],
    ['playlist', true],
    ['media', true],
  ] as const)('paces what comes in pieces, and nothing else: %s', (nature, isPaced) => {
    const args = networkArguments({ ...network, nature });
    expect(args.includes('-re')).toBe(isPaced);
    expect(args.includes('-use_wallclock_as_timestamps')).toBe(!isPaced);
  });

  it('opens nothing but http, and lists only where the relay has seen one', () => {
    for (const nature of ['media', 'mjpeg', 'playlist'] as const) {
      const args = networkArguments({ ...web, nature });
      expect(optionOf(args, '-protocol_whitelist')).toBe('http,tcp,crypto');
      expect(optionOf(args, '-format_whitelist').split(',').includes('hls')).toBe(nature === 'playlist');
      expect(Number(optionOf(args, '-rw_timeout'))).toBeGreaterThan(1_000_000);
    }
  });

  it('takes the first picture of each slot of a live source, and repeats none', () => {
    const args = networkArguments(network);
    expect(optionOf(args, '-filter:v')).toMatch(/^select=isnan\(prev_selected_t\)\+gt\(/);
    expect(optionOf(args, '-fps_mode')).toBe('passthrough');
  });

  it('puts a file on the same grid as one on disk', () => {
    const args = networkArguments({ ...web, isLive: false, startFrame: 8 });
    const disk = decoderArguments({ ...PLAN, startFrame: 8 });
    expect(optionOf(args, '-filter:v')).toBe(optionOf(disk, '-filter:v'));
    expect(optionOf(args, '-fps_mode')).toBe('cfr');
  });

  it('lets each picture out as it comes: the threads of an encoder hold back as many', () => {
    for (const args of [networkArguments(network), networkArguments(web), decoderArguments(PLAN)])
      expect(args.slice(args.lastIndexOf('-threads'))).toEqual(['-threads', '1', 'pipe:1']);
  });

  it('decodes by hardware where that is asked for', () => {
    expect(networkArguments(network)).not.toContain('-hwaccel');
    const args = networkArguments({ ...network, hardware: 'vaapi' });
    expect(optionOf(args, '-hwaccel')).toBe('vaapi');
    expect(args.indexOf('-hwaccel')).toBeLessThan(args.indexOf('-i'));
  });
});
