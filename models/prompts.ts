// From a user's phrase to the sentences that the text tower reads.
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { PipelineError } from '../runtime/errors.ts';

/** Template sets by name; `{}` in a template is where the phrase goes. */
export type TemplateSets = Readonly<Record<string, readonly string[]>>;

/**
 * The built-in sets. `action`: wordings for what is seen in a video, whose embeddings are averaged, in the manner of
 * the prompt ensembles published with CLIP. `plain`: the phrase alone.
 */
export const TEMPLATE_SETS = {
  action: [
    'a video of {}.',
    'a clip of {}.',
    'a video clip of {}.',
    'footage of {}.',
    'a video showing {}.',
    'a video frame of {}.',
    'a home video of {}.',
    'a close view of {}.',
    'a wide view of {}.',
    'a moment of {}.',
    'a video of a person {}.',
    'a video of someone {}.',
    'a clip of people {}.',
    'a person {}.',
  ],
  plain: ['{}'],
} as const satisfies TemplateSets;

/**
 * Phrases for "none of these", each a rival of every label. Few on purpose: every rival takes its share of the
 * softmax, and models that know one single vector for all neutral wordings would see the same rival many times.
 */
export const DEFAULT_BACKGROUND: readonly string[] = [
  'nothing happening',
  'an empty scene',
  'a person standing still',
];

const Template = z
  .string()
  .max(200)
  .refine((template) => template.split('{}').length === 2, 'Expected exactly one `{}` in a template.');
const TemplatesFile = z
  .record(z.string(), z.array(Template).min(1).max(256))
  .refine((sets) => Object.keys(sets).every((name) => /^[a-z0-9][\w-]{0,63}$/i.test(name)), {
    message: 'Expected set names of 1 to 64 letters, digits, `_` and `-`.',
  });

/**
 * Returns the built-in template sets and those of a JSON file `{ "name": ["a video of {}."] }`; a set of the file
 * takes the place of a built-in one of the same name.
 * @throws E_CONFIG when the file cannot be read or holds anything else
 */
export function loadTemplateSets(file?: string): TemplateSets {
  if (file === undefined) return TEMPLATE_SETS;
  const fault = (got: string, cause?: unknown) =>
    new PipelineError(
      'E_CONFIG',
      `TEMPLATES_FILE: expected a JSON file { "name": ["a video of {}."] }, got ${file}: ${got} ` +
        'Correct the file, or unset TEMPLATES_FILE to use the built-in sets.',
      { cause },
    );
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw fault(error instanceof Error ? `${error.message}.` : String(error), error);
  }
  const parsed = TemplatesFile.safeParse(json);
  if (!parsed.success) {
    throw fault(parsed.error.issues.map((i) => `at ${i.path.join('.') || 'top'}: ${i.message}`).join(' '));
  }
  return { ...TEMPLATE_SETS, ...parsed.data };
}

/**
 * Returns the templates of the set with this name.
 * @throws E_LABELS_INVALID when there is none
 */
export function templatesOf(sets: TemplateSets, name: string): readonly string[] {
  const templates = Object.hasOwn(sets, name) ? sets[name] : undefined;
  if (templates !== undefined) return templates;
  throw new PipelineError(
    'E_LABELS_INVALID',
    `templates: expected one of ${Object.keys(sets).join(', ')}, got "${name}". ` +
      'Name one of these, or add the set to TEMPLATES_FILE.',
  );
}

const GERUND = /^(?!(?:no|some|any|every)?thing\b|king\b|ring\b|string\b|spring\b|wing\b)[\p{L}-]+ing\b/iu;
const BRINGS_A_SUBJECT = /\b(?:person|people|someone|somebody|man|woman|child)\s+\{\}/i;

/**
 * Returns a phrase put through templates, distinct and in their order. Templates that bring a subject
 * ("a person {}") are left out where the phrase does not begin with an "-ing" word and so has a subject of its own
 * ("a dog catching a ball", "an empty room"), unless the set has no others.
 */
export function expandPrompts(phrase: string, templates: readonly string[]): string[] {
  const open = templates.filter((template) => !BRINGS_A_SUBJECT.test(template));
  const fitting = GERUND.test(phrase) || open.length === 0 ? templates : open;
  // A function as replacement: `$` in a phrase stands for itself.
  return [...new Set(fitting.map((template) => template.replace('{}', () => phrase)))];
}
