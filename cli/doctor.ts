// `verbcast doctor`: is everything here that the program needs?
import type { Environment } from '../runtime/config.ts';
import { CHECKS, type Finding, SETTINGS_CHECK } from './doctor-checks.ts';
import { type Ink, inkFor } from './ink.ts';

const MARKS = { ok: '✓', warning: '!', missing: '✗' } as const;

/** Prints one line per finding, with a remedy where there is something to do. Returns 1 only when something needed is missing. */
export async function doctor(env: Environment): Promise<number> {
  const ink = inkFor(process.stdout, Boolean(env.NO_COLOR));
  let isMissing = false;
  for (const check of CHECKS) {
    for (const finding of await check(env)) {
      console.log(lineOf(finding, ink));
      if (finding.remedy !== undefined) console.log(`    ${finding.remedy}`);
      isMissing ||= finding.state === 'missing';
    }
    // With settings that cannot be read, every other check would tell of nothing else.
    if (isMissing && check === SETTINGS_CHECK) break;
  }
  console.log(isMissing ? '\nSomething that is needed is missing: see ✗ above.' : '\nReady to run.');
  return isMissing ? 1 : 0;
}

function lineOf({ state, what, detail }: Finding, ink: Ink): string {
  const paint = { ok: ink.green, warning: ink.yellow, missing: ink.red }[state];
  return `${paint(MARKS[state])} ${what.padEnd(9)} ${detail}`;
}
