import { appendFile, cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openProgramDirectory } from '../support/program.ts';

const POCKET = join(import.meta.dirname, '../../models/pocket');

let home: Awaited<ReturnType<typeof openProgramDirectory>>;
beforeEach(async () => {
  home = await openProgramDirectory();
});
afterEach(() => home?.close());

test('`models list` shows every model, its licence, and marks the one that runs', async () => {
  const program = home.start(['models', 'list']);
  expect(await program.ended).toBe(0);
  expect(program.stdout()).toMatch(/^\* pocket +here +Apache-2\.0$/m);
  expect(program.stdout()).toMatch(/^ {2}clip-vit-base-patch32 +not here +MIT$/m);
});

test('`models pull` shows the licence before anything is downloaded, and says what to do without a network', async () => {
  const program = home.start(['models', 'pull', 'clip-vit-base-patch32'], {
    HF_ENDPOINT: 'http://127.0.0.1:1',
  });
  expect(await program.ended).toBe(1);
  expect(program.stdout()).toContain('Licence: MIT, https://github.com/openai/CLIP');
  expect(program.stderr()).toMatch(/^E_MODEL_DOWNLOAD: .*HF_ENDPOINT can name a mirror/);
});

test('`models verify` names the file that changed', async () => {
  const models = join(home.directory, 'models');
  await mkdir(models);
  await cp(POCKET, join(models, 'mine'), { recursive: true });
  const before = home.start(['models', 'verify', 'mine'], { MODELS_DIR: models });
  expect(await before.ended).toBe(0);
  await appendFile(join(models, 'mine/config.json'), ' ');
  const after = home.start(['models', 'verify', 'mine'], { MODELS_DIR: models });
  expect(await after.ended).toBe(1);
  expect(after.stdout()).toContain('config.json: changed');
});

test('`models verify` of a model that is not here is refused', async () => {
  const program = home.start(['models', 'verify', 'mobileclip-s0']);
  expect(await program.ended).toBe(1);
  expect(program.stderr()).toMatch(/^E_MODEL_FILES: /);
});
