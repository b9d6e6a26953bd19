// The error for a model name that nothing answers to: "did you mean …?"
import { PipelineError } from '../runtime/errors.ts';

/** Returns the error for the unknown model `id`, naming every known one and those that `id` may have been meant as. */
export function unknownModel(id: string, known: readonly string[]): PipelineError {
  const near = nearestNames(id, known);
  const guess = near.length > 0 ? ` Did you mean ${near.join(' or ')}?` : '';
  return new PipelineError(
    'E_MODEL_UNKNOWN',
    `No model is called ${JSON.stringify(id)}.${guess} Known: ${known.join(', ')}.`,
  );
}

/** Returns those of `names` that `wanted` may have been meant as, nearest first; three at the most. */
function nearestNames(wanted: string, names: readonly string[]): string[] {
  const target = wanted.toLowerCase();
  const isPart = (name: string) => target.length > 2 && name.includes(target);
  return names
    .map((name) => ({ name, distance: isPart(name) ? 1 : editDistance(target, name) }))
    .filter(({ name, distance }) => distance <= Math.max(2, name.length / 4))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name }) => name);
}

/** Returns how many letters must be put in, taken out or changed to make one text of the other. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...to].entries()) {
      const change = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(change, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
