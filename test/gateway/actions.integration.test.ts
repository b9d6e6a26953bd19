// Actions out of a real event log, and their exports through a player's own parser.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EventDraft } from '../../protocol/event.ts';
import type { ExportFormat } from '../../protocol/rest.ts';
import { type GatewaySandbox, openGatewaySandbox } from './gateway-sandbox.ts';

const run = promisify(execFile);
let box: GatewaySandbox;
let stream: string;

const started = (id: string, label: string, start: number): EventDraft => ({
  type: 'action.started',
  media: start,
  action: { id, label, start, score: 0.7, peak: 0.7 },
});
const ended = (id: string, label: string, start: number, end: number): EventDraft => ({
  type: 'action.ended',
  media: end,
  action: { id, label, start, end, score: 0.1, peak: 0.95 },
});

beforeAll(async () => {
  box = await openGatewaySandbox();
  stream = await box.submit();
  const scores: EventDraft = { type: 'scores', media: 0, labelsVersion: 1, frames: [] };
  await box.append(stream, [
    started('ac_2', 'a "quick", <b>odd</b> label', 2),
    started('ac_1', 'waving', 1.25),
  ]);
  // More than one page of the log between the start and the end.
  for (let i = 0; i < 30; i += 1)
    await box.append(
      stream,
      Array.from({ length: 40 }, () => scores),
    );
  await box.append(stream, [ended('ac_1', 'waving', 1.25, 3723.5), started('ac_3', 'bowing', 3600)], {
    media: 3730,
  });
  await box.append(stream, [started('ac_4', 'new\nline --> 1', 3729)]);
});
afterAll(() => box.close());

async function download(format: ExportFormat) {
  const response = await fetch(`${box.gateway.url}/v1/streams/${stream}/actions?format=${format}`);
  expect(response.status).toBe(200);
  return { text: await response.text(), headers: response.headers };
}

test('the log becomes actions in order of their start; those that hold have no end', async () => {
  expect(await box.client.actions(stream)).toEqual([
    { id: 'ac_1', label: 'waving', start: 1.25, end: 3723.5, peak: 0.95 },
    { id: 'ac_2', label: 'a "quick", <b>odd</b> label', start: 2, peak: 0.7 },
    { id: 'ac_3', label: 'bowing', start: 3600, peak: 0.7 },
    { id: 'ac_4', label: 'new\nline --> 1', start: 3729, peak: 0.7 },
  ]);
});

test('they can be downloaded under a name', async () => {
  const { headers, text } = await download('csv');
  expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
  expect(headers.get('content-disposition')).toBe(`attachment; filename="${stream}.csv"`);
  expect(text.split('\r\n')[2]).toBe('ac_2,"a ""quick"", <b>odd</b> label",2,,0.7');
  expect(await box.client.exportActions(stream, 'csv')).toBe(text);
});

test.each(['srt', 'vtt'] as const)('ffmpeg reads every cue of the %s with its times', async (format) => {
  const { text } = await download(format);
  const demuxer = format === 'vtt' ? 'webvtt' : 'srt';
  const reading = run('ffprobe', [
    '-v',
    'warning',
    '-f',
    demuxer,
    '-show_packets',
    '-of',
    'json',
    '-i',
    'pipe:0',
  ]);
  reading.child.stdin?.end(text);
  const { stdout, stderr } = await reading;
  expect(stderr).toBe('');
  const { packets } = JSON.parse(stdout) as { packets: { pts_time: string; duration_time: string }[] };
  expect(packets.map((packet) => [Number(packet.pts_time), Number(packet.duration_time)])).toEqual([
    [1.25, 3722.25],
    [2, 3728],
    [3600, 130],
    [3729, 1],
  ]);
});

test('decoded and written anew by ffmpeg, the labels are the same', async () => {
  const { text } = await download('vtt');
  const converting = run('ffmpeg', ['-v', 'error', '-f', 'webvtt', '-i', 'pipe:0', '-f', 'srt', 'pipe:1']);
  converting.child.stdin?.end(text);
  const { stdout } = await converting;
  expect(stdout).toContain('waving (95 %)');
  expect(stdout).toContain('a "quick", <b>odd</b> label (70 %)');
  expect(stdout).toContain('new line --> 1 (70 %)');
});
