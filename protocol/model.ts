// worker ═══ served models ═══▶ ingest and gateway.
import { z } from 'zod';

/** How a frame is brought to the model's input size: what ffmpeg does, in the terms of `preprocessor_config.json`. */
export const FrameGeometry = z.strictObject({
  sizePx: z.int().min(16).max(1024).describe('S: side of the square that the model takes.'),
  resizePx: z.int().min(16).max(2048).describe('Side the frame is resized to before the crop.'),
  resize: z
    .enum(['shortest', 'exact'])
    .describe('`shortest` side with a centre crop, or `exact`ly to a square.'),
  resample: z.enum(['nearest', 'lanczos', 'bilinear', 'bicubic', 'area']),
});
export type FrameGeometry = z.infer<typeof FrameGeometry>;

/** One entry of `vc:models`. Renewed by each worker that serves it; stale after {@link SERVED_MODEL_TTL_MS}. */
export const ServedModel = z.strictObject({
  id: z.string(),
  geometry: FrameGeometry,
  dims: z.int().min(1).describe('D: length of an embedding.'),
  templates: z.array(z.string()).describe('Names of the prompt template sets.'),
  seenAt: z.number().describe('Epoch milliseconds.'),
});
export type ServedModel = z.infer<typeof ServedModel>;

export const SERVED_MODEL_TTL_MS = 15_000;
