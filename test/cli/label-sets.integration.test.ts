// `verbcast calibrate`, `examples` and `ask` as a user runs them; what the first two write, `watch` and the API take.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PastScores } from '../../protocol/ask.ts';
import { StreamEvent } from '../../protocol/event.ts';
import { LabelSetInput } from '../../protocol/labels.ts';
import { openProgramDirectory, type Program } from '../support/program.ts';

let home: Awaited<ReturnType<typeof openProgramDirectory>>;
let server: Program;
let url = '';
const at = (file: string) => join(home.directory, file);

beforeAll(async () => {
  home = await openProgramDirectory();
  mkdirSync(at('media'));
  for (const [file, source, seconds] of [
    ['pattern.mp4', 'testsrc2=s=160x120:r=10', 6],
    ['bars.mp4', 'smptebars=s=160x120:r=10', 6],
    ['gradient.mp4', 'gradients=s=160x120:r=10:seed=1:c0=red:c1=blue', 6],
    ['grey.mp4', 'color=gray:s=160x120:r=10', 6],
    ['cells.mp4', 'life=s=160x120:r=10:seed=3', 6],
  ] as const) {
    const encoding = ['-t', String(seconds), '-pix_fmt', 'yuv420p', at(`media/${file}`)];
    execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', source, ...encoding]);
  }
  server = home.start(['up', '--port', '0'], { MEDIA_DIRS: 'media' });
  [, url = ''] = await server.said(/page +(http:\S+)/);
});
afterAll(async () => {
  server?.signal('SIGTERM');
  await server?.ended;
  await home?.close();
});

async function verbcast(...args: string[]) {
  const program = home.start(args);
  const code = await program.ended;
  if (code !== 0) throw new Error(`It ended with ${code}: ${program.stderr()}`);
  return program.stdout();
}
const OTHERS = ['media/bars.mp4', 'media/gradient.mp4', 'media/grey.mp4', 'media/cells.mp4#t=0,3'];
const started = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => StreamEvent.parse(JSON.parse(line)))
    .flatMap((event) => (event.type === 'action.started' ? [event.action.label] : []));

test('five clips calibrate a label: a report, and a label set with temperature and threshold', async () => {
  const args = ['--label', 'a test pattern', '--yes', 'media/pattern.mp4', '--no', ...OTHERS];
  const report = JSON.parse(await verbcast('calibrate', ...args, '--json', '-o', 'calibrated.json'));
  expect(report).toMatchObject({ model: 'pocket', wantedPrecision: 0.9 });
  expect(report.labels).toMatchObject([{ name: 'a test pattern', positives: 1, negatives: 4 }]);
  for (const share of [
    report.ece.before,
    report.ece.after,
    report.auroc,
    report.labels[0].fitted.precision,
  ]) {
    expect(share).toBeGreaterThanOrEqual(0);
    expect(share).toBeLessThanOrEqual(1);
  }
  const written = LabelSetInput.parse(JSON.parse(readFileSync(at('calibrated.json'), 'utf8')));
  expect(written).toMatchObject({
    temperature: expect.closeTo(report.temperature, 3),
    labels: [{ name: 'a test pattern', threshold: expect.closeTo(report.labels[0].fitted.threshold, 3) }],
  });
  const watched = await verbcast(
    'watch',
    'media/pattern.mp4',
    '--labels-file',
    'calibrated.json',
    '--json',
    '--url',
    url,
  );
  expect(watched).toContain('"status":"ended"');
});

test('a manifest with marked spans calibrates several labels, told in lines', async () => {
  const rows = [
    ['media/pattern.mp4', 'a test pattern', '0', '3'],
    ['media/pattern.mp4', 'a test pattern', '3', '6'],
    ['media/bars.mp4', 'colour bars', '', ''],
    ['media/grey.mp4', '-', '', ''],
    ['media/gone.mp4', '-', '', ''],
  ];
  writeFileSync(at('list.tsv'), ['file\tlabel\tfrom\tto', ...rows.map((row) => row.join('\t'))].join('\n'));
  const text = await verbcast('calibrate', 'list.tsv', '--precision', '0.8');
  expect(text).toMatch(/^4 clips, pocket$/m);
  expect(text).toMatch(/^a test pattern +2 +2 +[\d.]+ +0\.\d{3} /m);
  expect(text).toMatch(/^colour bars +1 +3 /m);
  expect(text).toMatch(/expected calibration error \d+ % → \d+ %/);
});

test('a label is known by sight: found where it is shown, and not where something else is', async () => {
  const label = ['--label', 'zxqv', '--yes', 'media/pattern.mp4', '--no', ...OTHERS.slice(0, 3)];
  await verbcast('examples', ...label, '--no-words', '-o', 'taught.json');
  const written = LabelSetInput.parse(JSON.parse(readFileSync(at('taught.json'), 'utf8')));
  expect(written.labels).toMatchObject([
    { name: 'zxqv', examples: { model: 'pocket', count: 1, words: false } },
  ]);
  const watch = (file: string, ...labels: string[]) =>
    verbcast('watch', file, ...labels, '--json', '--url', url).then(started);
  expect(await watch('media/pattern.mp4', '--labels-file', 'taught.json')).toEqual(['zxqv']);
  expect(await watch('media/cells.mp4', '--labels-file', 'taught.json')).toEqual([]);
  // Its name alone says nothing.
  expect(await watch('media/pattern.mp4', '--label', 'zxqv')).toEqual([]);
});

test('what a stream has seen is asked in other words, as a person and as a program', async () => {
  const events = await verbcast('watch', 'media/pattern.mp4', '--label', 'swimming', '--json', '--url', url);
  const { stream } = StreamEvent.parse(JSON.parse(events.split('\n')[0] ?? ''));
  const past = PastScores.parse(
    JSON.parse(await verbcast('ask', stream, 'playing guitar', 'a test pattern', '--json', '--url', url)),
  );
  expect(past).toMatchObject({ stream, labels: ['playing guitar', 'a test pattern'] });
  expect(past.times).toHaveLength(12);
  expect(past.scores.map((row) => row.length)).toEqual([12, 12]);
  const text = await verbcast('ask', stream, 'playing guitar', '--labels-file', 'taught.json', '--url', url);
  expect(text).toMatch(/^12 frames, 0:00\.0 to 0:05\.5/m);
  expect(text).toMatch(/^playing guitar +\S?.* [01]\.\d\d at 0:0\d\.\d$/m);
  expect(text).toMatch(/^0:0\d\.\d – 0:0\d\.\d {2}zxqv {2}0\.\d\d$/m);
});

test('what cannot be meant is refused by its code', async () => {
  await expect(verbcast('calibrate', '--yes', 'media/pattern.mp4')).rejects.toThrow(/E_LABELS_INVALID/);
  await expect(verbcast('calibrate', '--label', 'a')).rejects.toThrow(/E_DATASET_INVALID/);
  const alone = ['examples', '--label', 'a', '--yes', 'media/pattern.mp4'];
  await expect(verbcast(...alone)).rejects.toThrow(/clips of something else to tell them from/);
  await expect(verbcast('examples', '--label', 'a', '--yes', 'media/pattern.mp4#t=4,2')).rejects.toThrow(
    /#t=FROM,TO/,
  );
  writeFileSync(at('wrong.json'), '{ "labels": ["a"], "temprature": 2 }');
  await expect(verbcast('watch', 'media/grey.mp4', '--labels-file', 'wrong.json')).rejects.toThrow(
    /not a JSON label set/,
  );
});
