// What to do about an error code, from the project's own error table.
import table from '../docs/errors.md?raw';
import { parseErrorTable } from './error-table.ts';

const REMEDIES = parseErrorTable(table);

/** Returns what a person can do about `code`, or null for a code that the table does not have. */
export function remedyOf(code: string): string | null {
  return REMEDIES.get(code) ?? null;
}
