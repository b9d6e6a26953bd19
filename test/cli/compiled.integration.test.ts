// The compiled program, laid out as in the image: what runs there is run here.
import { execFile } from 'node:child_process';
import { cp, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openProgramDirectory } from '../support/program.ts';
import { makeReel, type Reel } from '../support/reel.ts';

const ROOT = join(import.meta.dirname, '../..');
const run = promisify(execFile);

let home: Awaited<ReturnType<typeof openProgramDirectory>>;
let clip: Reel;
let program = '';
beforeAll(async () => {
  home = await openProgramDirectory();
  clip = await makeReel([{ label: 'pattern', source: { lavfi: 'testsrc2=s=160x120:r=10' }, seconds: 6 }]);
  const image = join(home.directory, 'image');
  await mkdir(join(image, 'models'), { recursive: true });
  await cp(join(ROOT, 'package.json'), join(image, 'package.json'));
  await cp(join(ROOT, 'models/pocket'), join(image, 'models/pocket'), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(image, 'node_modules'));
  const tsc = join(ROOT, 'node_modules/.bin/tsc');
  await run(tsc, ['-p', join(ROOT, 'tsconfig.build.json'), '--outDir', join(image, 'dist')]);
  program = join(image, 'dist/cli/main.js');
}, 120_000);
afterAll(async () => {
  await home?.close();
  await clip?.close();
});

test('it labels a clip, with inference in a compiled thread, without tsx', async () => {
  const watch = home.start(['watch', clip.path, '--label', 'swimming', '--json'], {}, program);
  expect(await watch.ended).toBe(0);
  expect(JSON.parse(watch.stdout().trimEnd().split('\n').at(-1) ?? '')).toMatchObject({ status: 'ended' });
});

test('`doctor` finds the shipped model and everything else that is needed', async () => {
  const doctor = home.start(['doctor'], {}, program);
  expect(await doctor.ended).toBe(0);
  expect(doctor.stdout()).toMatch(/✓ model +pocket .*every checksum is right/);
  expect(doctor.stdout()).toMatch(/✓ ffmpeg +\d/);
});
