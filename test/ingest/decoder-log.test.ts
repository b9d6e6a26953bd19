// What is kept of ffmpeg's words.
import { describe, expect, it } from 'vitest';
import { createDecoderLog, DECODER_LOG_LINES } from '../../ingest/decoder-log.ts';

const PATH = '/srv/media/game.mp4';
const INPUT = "[info] Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:/srv/media/game.mp4':\n";

describe('the decoder log', () => {
  it('knows format and duration, and tells the duration once, however the text is cut', () => {
    const told: number[] = [];
    const log = createDecoderLog(PATH, (seconds) => told.push(seconds));
    const text = `${INPUT}[info]   Duration: 01:02:03.45, start: 0.000000, bitrate: 6 kb/s\n`;
    for (const character of text + text) log.push(character);
    expect(log.facts).toMatchObject({ format: 'mov,mp4,m4a,3gp,3g2,mj2', durationSeconds: 3723.45 });
    expect(told).toEqual([3723.45]);
  });

  it.each([
    ['mpegts', '00:00:10.00, start: 1.400000', 10],
    ['matroska,webm', '00:00:15.00, start: 5.000000', 10],
    ['matroska,webm', '00:00:15.00, start: -0.007000', 15],
    ['matroska,webm', '00:00:15.00', 15],
  ])('counts the length of %s from the start: %s', (format, duration, expected) => {
    const log = createDecoderLog(PATH);
    log.push(`[info] Input #0, ${format}, from 'file:x':\n[info]   Duration: ${duration}, bitrate: 6 kb/s\n`);
    expect(log.facts.durationSeconds).toBe(expected);
  });

  it('takes no length from N/A, nor from what a file says in its metadata', () => {
    const log = createDecoderLog(PATH);
    log.push(`${INPUT}[info]   Duration: N/A, bitrate: N/A\n[info]     Duration        : 00:00:09.00\n`);
    expect(log.facts.durationSeconds).toBeUndefined();
  });

  it('shows neither credentials, nor directories, nor addresses, nor control characters', () => {
    const log = createDecoderLog(PATH);
    log.push(
      '[mov,mp4 @ 0x55fffe87ca00] [error] file:/srv/media/game.mp4: \u001b[31mrtsp://me:s3cret@cam/1\n',
    );
    expect(log.lines()).toEqual(['[mov,mp4] [error] game.mp4: ?[31mrtsp://***@cam/1']);
  });

  it('keeps the last hundred lines, without the status line, cut where they are endless', () => {
    const log = createDecoderLog(PATH);
    for (let i = 0; i < 250; i++) log.push(`[error] ${i}\n[info] frame=  ${i} fps=0.0 q=0.0 size=0kB\r`);
    log.push('x'.repeat(1_000_000));
    const lines = log.lines();
    expect(lines).toHaveLength(DECODER_LOG_LINES + 1);
    expect(lines[0]).toBe('[error] 150');
    expect(lines.at(-2)).toBe('[error] 249');
    expect(lines.at(-1)?.length).toBeLessThanOrEqual(2_000);
  });

  it('knows where a seek has landed', async () => {
    const log = createDecoderLog(PATH);
    log.push('[Parsed_showinfo_2 @ 0x55] [info] config in time_base: 1/2, frame_rate: 2/1\n');
    log.push('[Parsed_showinfo_2 @ 0x55] [info] n:   0 pts:     12 pts_time:6       pos: 48 fmt:yuv420p\n');
    log.push('[Parsed_showinfo_2 @ 0x55] [info] n:   1 pts:     13 pts_time:6.5     pos: 48 fmt:yuv420p\n');
    await log.landed;
    expect(log.facts.firstSlot).toBe(12);
    expect(log.lines()).toEqual([]);
  });
});
