import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientFor } from '../../cli/reach-gateway.ts';
import { StreamEvent } from '../../protocol/event.ts';
import { openProgramDirectory, type Program } from '../support/program.ts';
import { makeReel, type Reel } from '../support/reel.ts';

const LABELS = ['--label', 'playing guitar', '--label', 'swimming'];
// biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is what is tested.
const CONTROL_CODE = /[\u0000-\u0009\u000b-\u001f]/;

let home: Awaited<ReturnType<typeof openProgramDirectory>>;
let clip: Reel;
let long: Reel;
let server: Program;
let url = '';
beforeAll(async () => {
  home = await openProgramDirectory();
  clip = await makeReel([{ label: 'pattern', source: { lavfi: 'testsrc2=s=160x120:r=10' }, seconds: 12 }]);
  long = await makeReel([{ label: 'pattern', source: { lavfi: 'testsrc2=s=160x120:r=10' }, seconds: 400 }]);
  await mkdir(join(home.directory, 'media'));
  server = home.start(['up', '--port', '0'], { MEDIA_DIRS: 'media' });
  [, url = ''] = await server.said(/page +(http:\S+)/);
});
afterAll(async () => {
  server?.signal('SIGTERM');
  await server?.ended;
  await home?.close();
  await clip?.close();
  await long?.close();
});

/** A port on which nothing answers, so that `watch` brings its own server. */
const ALONE = { GATEWAY_PORT: '1' };

test('`watch --json` prints one event a line and nothing else, and brings its own server', async () => {
  const program = home.start(['watch', clip.path, ...LABELS, '--json', '--fps', '4'], ALONE);
  expect(await program.ended).toBe(0);
  const events = program
    .stdout()
    .trimEnd()
    .split('\n')
    .map((line) => StreamEvent.parse(JSON.parse(line)));
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at + 1));
  expect(events.flatMap((event) => (event.type === 'scores' ? event.frames : []))).toHaveLength(12 * 4);
  expect(events.at(-1)).toMatchObject({ type: 'stream.status', status: 'ended' });
  expect(program.stderr()).toBe('');
});

test('piped, it appends lines: the model, progress, actions, the timeline, and no control code', async () => {
  const program = home.start(['watch', clip.path, ...LABELS, '--threshold', '0.05'], ALONE);
  expect(await program.ended).toBe(0);
  const text = program.stdout();
  expect(text).not.toMatch(CONTROL_CODE);
  expect(text).toContain('pocket on cpu');
  expect(text).toMatch(/of 0:12\.0, \d+ % {2}top: /);
  expect(text).toMatch(/▶ \d:\d\d\.\d {2}(playing guitar|swimming) {2}started/);
  expect(text).toMatch(/│ +start │ +end │ +seconds │ label +│ +peak │/);
  expect(text).toMatch(/^ended: .* of video, 24 frames looked at/m);
});

test('a server that may not read the file where it lies gets it by upload', async () => {
  const program = home.start(['watch', clip.path, ...LABELS, '--url', url]);
  expect(await program.ended).toBe(0);
  expect(program.stdout()).toContain('uploading reel');
  const { streams } = await clientFor(url).streams({ limit: 1 });
  expect(streams[0]).toMatchObject({ status: 'ended', source: expect.stringMatching(/^upload /) });
});

test('Ctrl-C stops the stream and leaves with 130', async () => {
  const program = home.start(['watch', long.path, ...LABELS, '--fps', '10', '--url', url]);
  await program.said(/top: /);
  program.signal('SIGINT');
  expect(await program.ended).toBe(130);
  const { streams } = await clientFor(url).streams({ limit: 1 });
  expect(streams[0]).toMatchObject({ status: 'cancelled' });
});

test('a stream that fails is told with its code and what to do, and exit code 1', async () => {
  const text = join(home.directory, 'text.mp4');
  await writeFile(text, 'This is no video.\n'.repeat(100));
  const program = home.start(['watch', text, ...LABELS, '--url', url]);
  expect(await program.ended).toBe(1);
  expect(program.stderr()).toMatch(/^E_SOURCE_UNREADABLE: /);
  expect(program.stderr()).toContain('ffmpeg does not know this as media');
});

test.each([
  ['a file that is not there', ['watch', 'nowhere.mp4', ...LABELS], 1, /^E_SOURCE_NOT_FOUND: /],
  ['a directory', ['watch', '.', ...LABELS], 1, /^E_SOURCE_NOT_A_FILE: /],
  ['no label', ['watch', '/etc/hostname'], 1, /^E_LABELS_INVALID: /],
  [
    'a server that does not answer',
    ['watch', '/etc/hostname', ...LABELS, '--url', 'http://127.0.0.1:1'],
    1,
    /^E_GATEWAY_UNREACHABLE: /,
  ],
  [
    'a threshold that is no number',
    ['watch', '/etc/hostname', ...LABELS, '--threshold', 'high'],
    2,
    /Expected a number/,
  ],
  ['no source', ['watch'], 2, /missing required argument 'source'/],
  ['an unknown command', ['wach'], 2, /Did you mean watch/],
])('%s is refused with a word on it', async (_what, args, code, message) => {
  const program = home.start(args);
  expect(await program.ended).toBe(code);
  expect(program.stderr()).toMatch(message);
  expect(program.stdout()).toBe('');
});
