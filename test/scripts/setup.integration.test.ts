// scripts/setup.sh in a small tree of its own, with a PATH that the test decides on.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const SCRIPTS = join(import.meta.dirname, '../../scripts');
/** What the script calls; nothing else is on the PATH, so that what is missing is up to the test. */
const TOOLS = 'sh dirname id mkdir rm cat tr grep sed find sort xargs sha256sum flock env node cp'.split(' ');

let tree = '';
beforeEach(async () => {
  tree = await mkdtemp(join(tmpdir(), 'verbcast-setup-'));
  await cp(SCRIPTS, join(tree, 'scripts'), { recursive: true });
  await mkdir(join(tree, 'models/pocket'), { recursive: true });
  await writeFile(join(tree, 'models/pocket/config.json'), '{}');
  await writeFile(join(tree, 'models/pocket/SHA256SUMS'), `${sha256('{}')}  config.json\n`);
  await writeLock('1.0.0');
  await mkdir(join(tree, 'bin'));
  for (const tool of TOOLS) {
    const path = find(tool);
    if (path !== undefined) await symlink(path, join(tree, 'bin', tool));
  }
  await writeProgram('npm', 'mkdir -p node_modules; cp package-lock.json node_modules/.package-lock.json');
  for (const program of ['ffmpeg', 'redis-server']) await writeProgram(program, 'exit 0');
});
afterEach(() => rm(tree, { recursive: true, force: true }));

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** Returns where a tool lies; the script does without those that a system may lack (flock, sha256sum). */
function find(tool: string): string | undefined {
  const directories = (process.env.PATH ?? '').split(delimiter);
  return directories.map((directory) => join(directory, tool)).find((file) => existsSync(file));
}

/** A lock with one package that is needed and one that is optional. */
async function writeLock(version: string): Promise<void> {
  const packages = {
    '': { name: 'tree' },
    'node_modules/needed': { version, integrity: `sha512-${version}` },
    'node_modules/optional': { version: '1.0.0', optional: true },
  };
  await writeFile(join(tree, 'package-lock.json'), JSON.stringify({ lockfileVersion: 3, packages }));
}

async function writeInstalled(packages: Record<string, unknown>): Promise<void> {
  await mkdir(join(tree, 'node_modules'), { recursive: true });
  await writeFile(join(tree, 'node_modules/.package-lock.json'), JSON.stringify({ packages }));
}

async function writeProgram(name: string, body: string): Promise<void> {
  const path = join(tree, 'bin', name);
  await rm(path, { force: true });
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
}

function setUp(...args: string[]): Promise<{ code: number; said: string }> {
  const env = { PATH: join(tree, 'bin'), HOME: tree };
  return new Promise((resolve) => {
    const child = execFile(join(tree, 'scripts/setup.sh'), args, { env }, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, said: stdout + stderr });
    });
  });
}

test('it sets a tree up without git, and then has nothing to do or say', async () => {
  expect(await setUp()).toMatchObject({ code: 0, said: expect.stringContaining('npm ci') });
  expect(await setUp()).toEqual({ code: 0, said: '' });
});

test('a lock file that changes has the packages installed again', async () => {
  await setUp();
  await writeLock('1.0.1');
  expect(await setUp()).toMatchObject({ code: 0, said: expect.stringContaining('npm ci') });
});

test('packages that match the lock file are left alone, optional ones or not', async () => {
  await writeInstalled({ 'node_modules/needed': { version: '1.0.0', integrity: 'sha512-1.0.0' } });
  expect(await setUp()).toEqual({ code: 0, said: '' });
});

test.each([
  ['another version', { 'node_modules/needed': { version: '0.9.0', integrity: 'sha512-1.0.0' } }],
  ['another content', { 'node_modules/needed': { version: '1.0.0', integrity: 'sha512-0' } }],
  [
    'one too many',
    {
      'node_modules/needed': { version: '1.0.0', integrity: 'sha512-1.0.0' },
      'node_modules/left-over': { version: '1.0.0' },
    },
  ],
])('packages that do not match the lock file are installed again: %s', async (_what, installed) => {
  await writeInstalled(installed);
  expect(await setUp()).toMatchObject({ code: 0, said: expect.stringContaining('npm ci') });
});

test("packages behind a link are another checkout's: they are not touched", async () => {
  const other = join(tree, 'other');
  await mkdir(other);
  await writeFile(join(other, 'package.json'), '{}');
  await symlink(other, join(tree, 'node_modules'));
  expect(await setUp()).toMatchObject({ code: 1, said: expect.stringContaining('node_modules is a link') });
  expect(existsSync(join(other, 'package.json'))).toBe(true);
});

test('two at once both succeed, and one of them does the work', async () => {
  const both = await Promise.all([setUp(), setUp()]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect(both.filter(({ said }) => said.includes('npm ci'))).toHaveLength(1);
});

test('a Node that is too old is refused with its version', async () => {
  await writeProgram('node', 'echo 20.18.3');
  expect(await setUp()).toMatchObject({
    code: 1,
    said: expect.stringContaining('Expected Node 20.19 or newer, found 20.18.3'),
  });
});

test('without root it says which programs are missing and how to install them', async () => {
  await writeProgram('id', 'echo 1000');
  await writeProgram('apt-get', 'echo apt-get was called >&2; exit 1');
  await rm(join(tree, 'bin/ffmpeg'));
  expect(await setUp()).toEqual({
    code: 1,
    said: 'setup: Missing: ffmpeg. Run: sudo apt-get install ffmpeg\n',
  });
});

test('as root on Debian it installs what is missing', async () => {
  await writeProgram('id', 'echo 0');
  await writeProgram('apt-get', 'echo "apt-get $*" >>asked');
  await rm(join(tree, 'bin/redis-server'));
  expect(await setUp()).toMatchObject({
    code: 0,
    said: expect.stringMatching(/^setup: installing redis-server$/m),
  });
  const asked = await readFile(join(tree, 'asked'), 'utf8');
  expect(asked).toMatch(/^apt-get -y .* install --no-install-recommends redis-server$/m);
});

test('an installation that fails is told with the words of apt-get', async () => {
  await writeProgram('id', 'echo 0');
  await writeProgram('apt-get', 'echo "E: Unable to locate package"; exit 100');
  await rm(join(tree, 'bin/redis-server'));
  expect(await setUp()).toMatchObject({
    code: 1,
    said: expect.stringContaining('E: Unable to locate package'),
  });
});

test('a shipped model that is not what it should be is told', async () => {
  await writeFile(join(tree, 'models/pocket/config.json'), '{ "changed": true }');
  expect(await setUp()).toMatchObject({
    code: 1,
    said: expect.stringContaining('git checkout -- models/pocket'),
  });
});
