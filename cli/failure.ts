// A failure on the command line: its code, its message, what to do.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VerbcastError } from '../client/client.ts';
import { toPipelineError } from '../runtime/errors.ts';
import { PACKAGE_ROOT } from '../runtime/package-root.ts';
import { redact } from '../sources/redaction.ts';

/** Returns what `docs/errors.md` says to do about `code`, without its Markdown; undefined where it says nothing. */
export function remedyFor(code: string): string | undefined {
  const file = join(PACKAGE_ROOT, 'docs/errors.md');
  if (!existsSync(file)) return undefined;
  const row = readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .find((cells) => cells[1] === code);
  return row?.at(-2)?.replaceAll('`', '');
}

/** Returns the lines that tell of a failure: `code: message`, then what to do. */
export function failureLines({ code, message }: { code: string; message: string }): string[] {
  const remedy = remedyFor(code);
  // Messages may quote ffmpeg, and with it what a file says of itself: nothing of that may steer a terminal.
  const shown = redact(message).replace(/[^\P{C}\n\t]/gu, '?');
  return [`${code}: ${shown}`, ...(remedy === undefined ? [] : [`  ${remedy}`])];
}

/** Prints `error` on standard error, with its stack where `isDebug`, and returns the exit code 1. */
export function reportFailure(error: unknown, isDebug: boolean): number {
  const failure = error instanceof VerbcastError ? error : toPipelineError(error);
  process.stderr.write(`${failureLines(failure).join('\n')}\n`);
  if (isDebug) console.error(error);
  return 1;
}
