import { afterAll, beforeAll, expect, test } from 'vitest';
import { openProgramDirectory } from '../support/program.ts';
import { makeReel, type Reel } from '../support/reel.ts';

let home: Awaited<ReturnType<typeof openProgramDirectory>>;
let clip: Reel;
beforeAll(async () => {
  home = await openProgramDirectory();
  clip = await makeReel([{ label: 'pattern', source: { lavfi: 'testsrc2=s=160x120:r=10' }, seconds: 8 }]);
});
afterAll(async () => {
  await home?.close();
  await clip?.close();
});

test('the demo takes a file and labels of the user, says which model runs, and how to get real CLIP', async () => {
  const program = home.start(['demo', clip.path, '--label', 'swimming'], { MODEL: '' });
  expect(await program.ended).toBe(0);
  const text = program.stdout();
  expect(text).toContain('Model:  pocket on cpu: a small stand-in, far weaker than CLIP');
  expect(text).toContain('Labels: swimming');
  expect(text).toMatch(/^ended: .* of video, 16 frames looked at/m);
  expect(text).toMatch(/For real CLIP .*\n {2}npx verbcast models pull clip-vit-base-patch32/);
  expect(text).not.toContain('the bird');
});

test('a file without labels is asked for some', async () => {
  const program = home.start(['demo', clip.path]);
  expect(await program.ended).toBe(1);
  expect(program.stderr()).toMatch(/^E_LABELS_INVALID: /);
});

test('where there are no packages of Debian it says how to take a file of one’s own', async () => {
  const program = home.start(['demo'], { PATH: home.directory });
  expect(await program.ended).toBe(1);
  expect(program.stderr()).toMatch(/^E_SOURCE_NOT_FOUND: .*npm run demo -- my\.mp4 --label/);
});
