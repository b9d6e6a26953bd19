// Whether there is an ffmpeg, and a new enough one.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { PipelineError } from '../runtime/errors.ts';

const run = promisify(execFile);
const TIMEOUT_MS = 10_000;
/** libavformat of ffmpeg 5.1, the first that knows `-fps_mode`. */
const OLDEST = { major: 59, minor: 27 };

export interface FfmpegVersion {
  /** What it calls itself, such as `5.1.9-0+deb12u1`. */
  readonly version: string;
  /** libavformat's version, which tells what it can do whatever a build calls itself. */
  readonly libavformat: { readonly major: number; readonly minor: number };
}

/** Returns the version of `program`. @throws E_FFMPEG_MISSING when it does not run, or is older than 5.1. */
export async function readFfmpegVersion(program: string): Promise<FfmpegVersion> {
  const text = await run(program, ['-version'], { timeout: TIMEOUT_MS }).then(
    ({ stdout }) => stdout,
    (cause: unknown) => {
      throw new PipelineError(
        'E_FFMPEG_MISSING',
        `Expected \`${program} -version\` to run. Install ffmpeg, or set FFMPEG_PATH.`,
        { cause },
      );
    },
  );
  const version = /^ffmpeg version (\S+)/.exec(text)?.[1] ?? 'unknown';
  const [, major, minor] = /libavformat\s+(\d+)\.\s*(\d+)\./.exec(text) ?? [];
  const libavformat = { major: Number(major ?? 0), minor: Number(minor ?? 0) };
  const isOld =
    libavformat.major < OLDEST.major ||
    (libavformat.major === OLDEST.major && libavformat.minor < OLDEST.minor);
  if (isOld) throw new PipelineError('E_FFMPEG_MISSING', `Expected ffmpeg 5.1 or newer, got ${version}.`);
  return { version, libavformat };
}
