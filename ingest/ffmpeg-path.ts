// Which ffmpeg runs.
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { PipelineError } from '../runtime/errors.ts';

// Named at run time: the package is optional, and its absence is no type error.
const STATIC_PACKAGE: string = 'ffmpeg-static';

/**
 * Returns the ffmpeg to run: `configured` (FFMPEG_PATH), else the one of ffmpeg-static where that package is installed
 * with its binary, else `ffmpeg`, to be found on the PATH.
 * @throws E_FFMPEG_MISSING when `configured` is not an executable file.
 */
export async function findFfmpeg(configured?: string): Promise<string> {
  if (configured !== undefined) {
    if (await isExecutable(configured)) return configured;
    throw new PipelineError(
      'E_FFMPEG_MISSING',
      `Expected FFMPEG_PATH to name an executable file, got ${configured}.`,
    );
  }
  const bundled = await importStatic();
  if (bundled !== undefined && (await isExecutable(bundled))) return bundled;
  return 'ffmpeg';
}

async function importStatic(): Promise<string | undefined> {
  try {
    const module: unknown = await import(STATIC_PACKAGE);
    const path = module instanceof Object && 'default' in module ? module.default : undefined;
    return typeof path === 'string' ? path : undefined;
  } catch {
    return undefined;
  }
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
