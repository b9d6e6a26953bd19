// A request's parts → parsed by their schema, or faults that name a field and say what is wrong with it.
import type { z } from 'zod';

export interface Fault {
  /** Path of the field: `labels.3.name`; empty for the whole body. */
  field: string;
  message: string;
}

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** A body with ten thousand faults is answered with the first ones. */
const FAULTS_MAX = 20;

/** Input that its schema refuses. The framework adds which part of the request it was. */
export class InvalidInput extends Error {
  override readonly name = 'InvalidInput';
  validationContext?: string;
  readonly issues: readonly Issue[];

  constructor(issues: readonly Issue[]) {
    super('The input does not fit its schema.');
    this.issues = issues;
  }
}

/** Returns the validator of one part of a request: gives the parsed value, or {@link InvalidInput}. */
export function compileValidator({ schema }: { schema: z.ZodType }) {
  return (data: unknown): { value: unknown } | { error: InvalidInput } => {
    const result = schema.safeParse(data);
    return result.success ? { value: result.data } : { error: new InvalidInput(result.error.issues) };
  };
}

/** Returns what `issues` say, at most 20 faults. Of a union's branches only the one that fits best is told. */
export function toFaults(issues: readonly Issue[], prefix: Path = []): Fault[] {
  const faults: Fault[] = [];
  for (const issue of issues) {
    const path = [...prefix, ...issue.path];
    if (issue.code === 'invalid_union' && issue.errors.length > 0) {
      faults.push(...toFaults(nearestBranch(issue.errors), path));
    } else {
      faults.push({ field: path.map(String).join('.'), message: issue.message });
    }
    if (faults.length >= FAULTS_MAX) break;
  }
  return faults.slice(0, FAULTS_MAX);
}

/** The branch that was meant: the value has its type, and it complains least. */
function nearestBranch(branches: readonly Issue[][]): Issue[] {
  const cost = (issues: Issue[]) => {
    const wrongType = issues.some((issue) => issue.code === 'invalid_type' && issue.path.length === 0);
    return issues.length + (wrongType ? 1_000 : 0);
  };
  const [nearest = []] = [...branches].sort((a, b) => cost(a) - cost(b));
  return nearest;
}

/** Returns the faults in one line: the first three, and how many more there are. */
export function summarizeFaults(faults: readonly Fault[]): string {
  const told = faults
    .slice(0, 3)
    .map(({ field, message }) => (field === '' ? message : `${field}: ${message}`));
  const more = faults.length > 3 ? ` (and ${faults.length - 3} more)` : '';
  return told.join('; ') + more;
}
