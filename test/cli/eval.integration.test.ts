// `verbcast eval` as a user runs it, with the model that ships: on clips made here, and on real ones.
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EvalReport } from '../../evaluation/report.ts';
import { CLIPS_DIR, hasSharedMaterial } from '../support/footage.ts';

const run = promisify(execFile);
const PROGRAM = join(import.meta.dirname, '../../cli/verbcast.mjs');
let root: string;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'verbcast-eval-'));
  for (const [label, source] of [
    ['SwimmingPool', 'testsrc2=size=160x120:rate=10'],
    ['nothing_happening', 'color=gray:size=160x120:rate=10'],
  ] as const) {
    mkdirSync(join(root, 'clips', label), { recursive: true });
    const output = join(root, 'clips', label, 'a.mp4');
    await run('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-t', '3', '-i', source, output]);
  }
  writeFileSync(join(root, 'clips/SwimmingPool/broken.avi'), 'this is no video');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function verbcast(...args: string[]) {
  const env = { PATH: process.env.PATH, DATA_DIR: join(root, 'data'), MODEL: 'pocket' };
  return run(process.execPath, [PROGRAM, ...args], { env, cwd: root });
}
const parse = (stdout: string): EvalReport => JSON.parse(stdout);

test('class folders: one JSON object, a report of two files, and clips that cannot be read told apart', async () => {
  const { stdout } = await verbcast('eval', 'clips', '--json', '--report', 'out');
  expect(stdout.trim().split('\n')).toHaveLength(1);
  const report = parse(stdout);
  expect(Object.keys(report).slice(0, 3)).toEqual(['n', 'top1', 'top5']);
  expect(report).toMatchObject({ n: 2, labels: 2, model: 'pocket', form: 'class folders', sampleFps: 2 });
  expect(report.unreadable).toMatchObject([
    { file: 'SwimmingPool/broken.avi', code: 'E_SOURCE_UNREADABLE', used: false },
  ]);
  expect(report.clips.map(({ label }) => label).sort()).toEqual(['nothing happening', 'swimming pool']);
  expect(JSON.parse(readFileSync(join(root, 'out/report.json'), 'utf8'))).toEqual(report);
  expect(readFileSync(join(root, 'out/report.html'), 'utf8')).toContain('pocket on 2 clips');
});

test('what was embedded is not embedded again, and the figures are the same', async () => {
  const first = await verbcast('eval', 'clips', '--fps', '1');
  expect(first.stdout).not.toContain('from the cache');
  const again = await verbcast('eval', 'clips', '--fps', '1');
  expect(again.stdout).toContain('3/3 clips, 2 from the cache');
  const figures = (text: string) => text.slice(text.indexOf('2 clips, 2 labels'));
  expect(figures(again.stdout)).toBe(figures(first.stdout));
  expect(again.stdout).toMatch(/action prompts, attention pooling +\d/);
});

test('what is no data set, and one without a readable clip, is refused by its code', async () => {
  writeFileSync(join(root, 'bad.tsv'), 'file\tlabel\nclips/SwimmingPool/broken.avi\tx\nnowhere.mp4\ty\n');
  await expect(verbcast('eval', 'nowhere')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('E_DATASET_INVALID'),
  });
  await expect(verbcast('eval', 'bad.tsv', '--json')).rejects.toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/None of the 2 clips can be read.*broken\.avi: E_SOURCE_UNREADABLE/),
  });
  await expect(verbcast('eval', 'clips', '--prompts', 'nonesuch')).rejects.toMatchObject({
    stderr: expect.stringContaining('E_LABELS_INVALID'),
  });
});

test.skipIf(!hasSharedMaterial)(
  'real clips are recognised far better than by chance, and pooled frames no worse than one (skips without ../shared)',
  async () => {
    const clips = [
      ['archery', 'archery__a55b4502.avi'],
      ['playing drums', 'playing-drums__c8f870f7.mp4'],
      ['surfing', 'surfing__d3513f22.mp4'],
      ['horse riding', 'horse-riding__e33ea8d4.mp4'],
      ['welding', 'welding__37a1b4de.mp4'],
      ['push ups', 'push-ups__c5c0e2bb.mp4'],
    ] as const;
    for (const [, file] of clips) copyFileSync(join(CLIPS_DIR, file), join(root, file));
    const rows = clips.map(([label, file]) => `${label}\tx\t${file}`);
    writeFileSync(join(root, 'list.tsv'), ['label\tnotes\tfile', ...rows].join('\n'));
    const report = parse((await verbcast('eval', 'list.tsv', '--json')).stdout);
    expect(report).toMatchObject({ n: 6, labels: 6, form: 'manifest', unreadable: [] });
    expect(report.top1).toBeGreaterThanOrEqual(0.5);
    expect(report.top1).toBeGreaterThanOrEqual(report.centreFrame.top1);
    expect(report.byPrompts.action?.top1).toBe(report.top1);
    expect(report.byPrompts.plain?.n).toBe(6);
  },
);
