// A label set while a person edits it: text in fields, not yet numbers.
import type { Label, LabelInput, LabelSet, Thresholds } from '../protocol/labels.ts';

/** One label under edit. An empty `threshold` means: as the whole set. */
export interface LabelDraft {
  readonly name: string;
  readonly threshold: string;
  readonly prompts: readonly string[];
  readonly not: readonly string[];
}

/** A whole label set under edit. */
export interface SetDraft {
  readonly labels: readonly LabelDraft[];
  readonly on: number;
  readonly off: number;
}

/** What is kept of a label set between edits; what is not edited here goes back to the server as it came. */
export interface KnownSet {
  readonly labels: readonly Label[];
  readonly thresholds: Thresholds;
  readonly templates?: string | undefined;
  readonly background?: readonly string[] | undefined;
  readonly scoring?: LabelSet['scoring'];
  readonly temperature?: LabelSet['temperature'];
}

/** Returns a label that says nothing but its name. */
export function plainLabel(name: string): Label {
  return { name, prompts: [name], not: [] };
}

/** Returns a draft that changes nothing. */
export function draftOf(known: KnownSet): SetDraft {
  return {
    labels: known.labels.map((label) => ({
      name: label.name,
      threshold: label.threshold === undefined ? '' : String(label.threshold),
      prompts: label.prompts,
      not: label.not,
    })),
    on: known.thresholds.on,
    off: known.thresholds.off,
  };
}

/** Returns whether sending the draft would change anything. */
export function isChanged(draft: SetDraft, known: KnownSet): boolean {
  return JSON.stringify(draft) !== JSON.stringify(draftOf(known));
}

/** Returns what keeps the draft from being sent, in words, or null. */
export function draftFault(draft: SetDraft): string | null {
  if (draft.labels.length === 0) return 'Keep at least one label.';
  if (draft.off > draft.on) return 'The score that ends an action must not lie above the one that starts it.';
  const wrong = draft.labels.find((label) => label.threshold !== '' && parseScore(label.threshold) === null);
  return wrong ? `The threshold of “${wrong.name}” must lie between 0 and 1.` : null;
}

/** Returns the label set to send. Expects a draft without a fault. */
export function draftInput(draft: SetDraft, known: KnownSet) {
  const examples = new Map(known.labels.map((label) => [label.name, label.examples]));
  return {
    labels: draft.labels.map((label) => labelInput(label, examples.get(label.name))),
    thresholds: { ...known.thresholds, on: draft.on, off: draft.off },
    ...(known.templates === undefined ? {} : { templates: known.templates }),
    ...(known.background === undefined ? {} : { background: [...known.background] }),
    ...(known.scoring === undefined ? {} : { scoring: known.scoring }),
    ...(known.temperature === undefined ? {} : { temperature: known.temperature }),
  };
}

function labelInput(label: LabelDraft, examples: Label['examples']): LabelInput {
  const plainWords = label.prompts.every((prompt) => prompt === label.name);
  if (plainWords && label.not.length === 0 && label.threshold === '' && !examples) return label.name;
  return {
    name: label.name,
    ...(plainWords ? {} : { prompts: [...label.prompts] }),
    ...(label.not.length === 0 ? {} : { not: [...label.not] }),
    ...(label.threshold === '' ? {} : { threshold: Number(label.threshold) }),
    ...(examples ? { examples } : {}),
  };
}

/** Returns the score written in a field, or null when it is not a number between 0 and 1. */
export function parseScore(text: string): number | null {
  const score = Number(text);
  return text.trim() !== '' && score > 0 && score < 1 ? score : null;
}
