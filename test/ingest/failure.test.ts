// How a decode ended → what it is called.
import { describe, expect, it } from 'vitest';
import { classifyFailure, type DecodeOutcome } from '../../ingest/failure.ts';

const WELL: DecodeOutcome = {
  exit: { code: 0, signal: null, error: null },
  lines: [],
  frames: 20,
  startFrame: 0,
  sampleFps: 2,
  format: 'mov,mp4,m4a,3gp,3g2,mj2',
  durationSeconds: 10,
  leftoverBytes: 0,
};
const BAD_EXIT = { code: 1, signal: null, error: null };
const codeOf = (outcome: Partial<DecodeOutcome>) => classifyFailure({ ...WELL, ...outcome })?.code ?? null;

describe('classifyFailure', () => {
  it.each<[string, Partial<DecodeOutcome>, string | null]>([
    ['all went well', {}, null],
    ['harmless complaints of the decoder', { lines: ['[h264] [error] mmco: unref short failure'] }, null],
    ['the picture ends before the sound', { frames: 6 }, null],
    [
      'the picture ends before the sound, after a stumble of the decoder',
      { frames: 6, lines: ['[h264] [error] mmco: unref short failure'] },
      null,
    ],
    [
      'cut off, though ffmpeg is content',
      { frames: 9, lines: ['[warning] game.mp4: corrupt input packet in stream 0'] },
      'E_DECODE_TRUNCATED',
    ],
    [
      'cut off, newer words',
      {
        frames: 9,
        exit: { ...BAD_EXIT, code: 183 },
        lines: ['[in#0] [error] Error during demuxing: Invalid data'],
      },
      'E_DECODE_TRUNCATED',
    ],
    ['cut off at the very end', { frames: 19, lines: ['[error] File ended prematurely'] }, null],
    [
      'a length that was only reckoned',
      { frames: 9, format: 'mpegts', lines: ['[warning] corrupt input packet in stream 0'] },
      null,
    ],
    [
      'cut off where a resumed decode begins',
      { frames: 0, startFrame: 9, lines: ['[error] stream 0, offset 0x30: partial file'] },
      'E_DECODE_TRUNCATED',
    ],
    ['a resumed decode finds nothing left', { frames: 0, startFrame: 20 }, null],
    ['no frames and no complaint', { frames: 0 }, 'E_SOURCE_UNREADABLE'],
    [
      'no media',
      { frames: 0, exit: BAD_EXIT, lines: ['[error] text.mp4: Invalid data found when processing input'] },
      'E_SOURCE_UNREADABLE',
    ],
    [
      'a format that is not allowed',
      { frames: 0, exit: BAD_EXIT, lines: ["[hls] [error] Format not on whitelist 'mov'"] },
      'E_SOURCE_UNREADABLE',
    ],
    [
      'sound alone',
      { frames: 0, exit: BAD_EXIT, lines: ["[fatal] Stream map '0:V:0' matches no streams."] },
      'E_SOURCE_NO_VIDEO',
    ],
    [
      'an old ffmpeg',
      { frames: 0, exit: BAD_EXIT, lines: ["[fatal] Unrecognized option 'fps_mode'."] },
      'E_FFMPEG_MISSING',
    ],
    [
      'a bad exit for reasons of its own',
      { frames: 0, exit: BAD_EXIT, lines: ['[fatal] No space left on device'] },
      'E_DECODE_FAILED',
    ],
    [
      'more memory than there may be',
      { frames: 0, exit: BAD_EXIT, lines: ['[fatal] Cannot allocate memory'] },
      'E_SOURCE_LIMIT',
    ],
    [
      'more processor time than there may be',
      { exit: { code: null, signal: 'SIGXCPU', error: null } },
      'E_SOURCE_LIMIT',
    ],
    [
      'more processor time than there may be, as ffmpeg tells it',
      { exit: { ...BAD_EXIT, code: 255 }, lines: ['[info] Exiting normally, received signal 24.'] },
      'E_SOURCE_LIMIT',
    ],
    [
      'no ffmpeg behind the limits',
      { frames: 0, exit: BAD_EXIT, lines: ['prlimit: failed to execute ffmpeg: No such file or directory'] },
      'E_FFMPEG_MISSING',
    ],
    ['a bad exit in the middle', { exit: BAD_EXIT }, 'E_DECODE_FAILED'],
    ['killed from outside', { exit: { code: null, signal: 'SIGKILL', error: null } }, 'E_DECODE_FAILED'],
    ['half a frame', { leftoverBytes: 100 }, 'E_DECODE_FAILED'],
  ])('%s', (_, outcome, code) => {
    expect(codeOf(outcome)).toBe(code);
  });

  it('quotes the last complaints once each, not what is merely noted', () => {
    const lines = [
      '[info] Input #0, mov, from x',
      '[mov] [error] first',
      '[mov] [error] second',
      '[mov] [error] second',
      '[mov] [error] third',
      '[error] fourth',
      '[info] video:0kB',
    ];
    const failure = classifyFailure({ ...WELL, exit: BAD_EXIT, lines });
    expect(failure?.message).toBe('ffmpeg exited with code 1. It said: [mov] second | [mov] third | fourth');
    expect(failure?.facts.decoderLog).toBe(lines);
  });
});
