// What the user wants to see, in words.
import { z } from 'zod';

const Phrase = z.string().trim().min(1).max(200);

/** A label with its wordings. `prompts` default to the name; `not` are wordings that count against it. */
export const Label = z.strictObject({
  name: Phrase.describe('What clients see, and the default prompt.'),
  prompts: z
    .array(Phrase)
    .min(1)
    .max(16)
    .describe('Wordings that mean this label; their embeddings are averaged.'),
  not: z
    .array(Phrase)
    .max(16)
    .describe('Wordings that look alike but do not count ("a person lying in bed").'),
  threshold: z
    .number()
    .gt(0)
    .lt(1)
    .optional()
    .describe("Score at which this label starts; the set's `on` otherwise."),
});
export type Label = z.infer<typeof Label>;

/** A label as users write it: its words alone, or an object. */
export const LabelInput = z.union([
  Phrase,
  z.strictObject({
    name: Label.shape.name,
    prompts: Label.shape.prompts.optional(),
    not: Label.shape.not.optional(),
    threshold: Label.shape.threshold,
  }),
]);
export type LabelInput = z.infer<typeof LabelInput>;

/** When a score becomes an action. Scores are 0..1, times are media seconds. */
export const Thresholds = z
  .strictObject({
    on: z.number().gt(0).lt(1).default(0.5).describe('Score at or above which an action starts.'),
    off: z.number().gt(0).lt(1).default(0.3).describe('Score below which it ends.'),
    minOnSeconds: z.number().min(0).max(60).default(1).describe('Time above `on` before the start is told.'),
    minOffSeconds: z.number().min(0).max(60).default(1).describe('Time below `off` before the end is told.'),
  })
  .refine((t) => t.off <= t.on, { message: 'Expected `off` to be at most `on`.' });
export type Thresholds = z.infer<typeof Thresholds>;

const setOptions = {
  templates: z
    .string()
    .min(1)
    .max(64)
    .default('action')
    .describe("Prompt template set: `action`, `plain`, or one of the operator's file."),
  background: z
    .array(Phrase)
    .max(32)
    .optional()
    .describe('Prompts for "none of these"; the model\'s defaults otherwise.'),
  thresholds: Thresholds.prefault({}),
};

/** A label set as users send it. Names are unique. */
export const LabelSetInput = z.strictObject({
  labels: z
    .array(LabelInput)
    .min(1)
    .max(256)
    .refine((labels) => new Set(labels.map(labelName)).size === labels.length, {
      message: 'Expected label names to be unique.',
    })
    .describe('1 to 256 labels.'),
  ...setOptions,
});
export type LabelSetInput = z.infer<typeof LabelSetInput>;
/** A label set before defaults are filled in: only `labels` must be there. */
export type LabelSetDraft = z.input<typeof LabelSetInput>;

/** A label set as it is stored: versioned, every label spelled out. */
export const LabelSet = z.strictObject({
  version: z.int().min(1),
  labels: z.array(Label),
  ...setOptions,
});
export type LabelSet = z.infer<typeof LabelSet>;

/** Returns the name of a label as users write it. */
export function labelName(label: LabelInput): string {
  return typeof label === 'string' ? label : label.name;
}

/** Returns the stored form of a label set: prompts default to the name, negatives to none. */
export function toLabelSet(input: LabelSetInput, version: number): LabelSet {
  const labels = input.labels.map((label): Label => {
    if (typeof label === 'string') return { name: label, prompts: [label], not: [] };
    return {
      name: label.name,
      prompts: label.prompts ?? [label.name],
      not: label.not ?? [],
      ...(label.threshold === undefined ? {} : { threshold: label.threshold }),
    };
  });
  return { ...input, labels, version };
}
