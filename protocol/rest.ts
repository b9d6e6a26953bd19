// gateway ◀─▶ client: the answers of the REST API that are not a record or a label set.
import { z } from 'zod';
import { Action } from './event.ts';
import { ServedModel } from './model.ts';
import { StreamRecord } from './stream.ts';

/** An error as `application/problem+json` (RFC 9457). */
export const Problem = z.strictObject({
  type: z.string().describe("Where the code is explained: this server's `/docs/errors#CODE`."),
  title: z.string(),
  status: z.int().describe('The HTTP status.'),
  code: z.string().describe('A code of the error table, such as E_SOURCE_NOT_FOUND.'),
  detail: z.string().describe('What was expected, what came, what to do.'),
  retry: z.boolean().describe('Whether the same request may succeed later.'),
  faults: z
    .array(z.strictObject({ field: z.string(), message: z.string() }))
    .optional()
    .describe('Every field that is wrong, at most 20.'),
});
export type Problem = z.infer<typeof Problem>;

/** One page of streams, newest first. */
export const StreamPage = z.strictObject({
  streams: z.array(StreamRecord),
  nextCursor: z.string().nullable().describe('Pass as `cursor` for the next page; null on the last.'),
});
export type StreamPage = z.infer<typeof StreamPage>;

/** A label that held, or holds still: then `end` is absent. */
export const ActionSpan = Action.omit({ score: true });
export type ActionSpan = z.infer<typeof ActionSpan>;
export const ActionList = z.strictObject({
  actions: z.array(ActionSpan).describe('In order of their start.'),
});
export type ActionList = z.infer<typeof ActionList>;

/** The formats in which actions can be had. */
export const ExportFormat = z.enum(['json', 'csv', 'srt', 'vtt']);
export type ExportFormat = z.infer<typeof ExportFormat>;

export const LabelsVersion = z.strictObject({ labelsVersion: z.int().min(1) });
export type LabelsVersion = z.infer<typeof LabelsVersion>;

/** What can be asked for in `options.model`. */
export const ModelList = z.strictObject({
  models: z.array(ServedModel).describe('What live workers serve.'),
  default: z
    .string()
    .nullable()
    .describe('The model of a stream that names none; null while nothing is served.'),
});
export type ModelList = z.infer<typeof ModelList>;

export const Upload = z.strictObject({
  id: z.string().describe('For `source.upload`.'),
  bytes: z.int().min(0),
});
export type Upload = z.infer<typeof Upload>;
