// What the user wants to see, in words.
import { z } from 'zod';

const Phrase = z.string().trim().min(1).max(200);

/** Bytes of a prototype at the most: 4096 numbers of two bytes, in base64. */
const PROTOTYPE_MAX_CHARS = 11_000;

/**
 * What examples say of a label, as `verbcast examples` and `verbcast calibrate` work it out. It counts for the one model
 * that made it.
 */
export const LabelExamples = z.strictObject({
  model: z.string().min(1).max(64).describe('The model whose embeddings these are.'),
  prototype: z
    .base64()
    .min(4)
    .max(PROTOTYPE_MAX_CHARS)
    .describe('The mean embedding of the examples: float16 `[D]`, little endian, unit length, base64.'),
  gain: z
    .number()
    .gt(0)
    .max(1_000)
    .describe('Brings cosines with the prototype to the size of cosines with words.'),
  centre: z.number().min(-1).max(1).describe('The cosine of other footage with the prototype.'),
  level: z
    .number()
    .min(-10)
    .max(10)
    .describe('The cosine that stands for the words where they do not count.'),
  words: z
    .boolean()
    .default(true)
    .describe('Whether the words count too; `level` stands for them otherwise.'),
  weight: z
    .number()
    .min(0)
    .max(10)
    .default(0.5)
    .describe(
      'How much the examples count: the label is as near as `words + weight * gain * (cosine with the prototype - centre)`.',
    ),
  count: z.int().min(1).describe('How many clips or spans it is the mean of.'),
});
export type LabelExamples = z.infer<typeof LabelExamples>;

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
  examples: LabelExamples.optional().describe('What it looks like, beside or instead of what it is called.'),
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
    examples: Label.shape.examples,
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
  scoring: z
    .enum(['softmax', 'independent'])
    .optional()
    .describe(
      '`softmax`: one action at a time, labels compete. `independent`: several at once, each against the background and its own `not`. Otherwise the way the model was trained: `softmax`, or a sigmoid per label.',
    ),
  temperature: z
    .number()
    .min(0.05)
    .max(20)
    .optional()
    .describe('What logits are divided by, as `verbcast calibrate` finds it; 1 otherwise.'),
  thresholds: Thresholds.prefault({}),
};

/** A label set as users send it. Names are unique; where labels are independent, each has something to be told from. */
export const LabelSetInput = z
  .strictObject({
    labels: z
      .array(LabelInput)
      .min(1)
      .max(256)
      .refine((labels) => new Set(labels.map(labelName)).size === labels.length, {
        message: 'Expected label names to be unique.',
      })
      .describe('1 to 256 labels.'),
    ...setOptions,
  })
  .refine((set) => set.scoring !== 'independent' || set.labels.every((label) => hasRival(label, set)), {
    path: ['background'],
    message:
      'Expected background prompts, or a `not` for each label: without either an independent score is always 1.',
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

function hasRival(
  label: LabelInput,
  { background }: { background?: readonly string[] | undefined },
): boolean {
  const not = typeof label === 'string' ? [] : (label.not ?? []);
  return background?.length !== 0 || not.length > 0;
}

/** Returns the name of a label as users write it. */
export function labelName(label: string | { readonly name: string }): string {
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
      ...(label.examples === undefined ? {} : { examples: label.examples }),
    };
  });
  return { ...input, labels, version };
}
