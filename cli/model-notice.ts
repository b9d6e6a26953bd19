// What people are told about the model that runs.
import { DEFAULT_MODEL } from '../models/catalog.ts';
import type { Workers } from '../worker/main.ts';

export const PULL_REAL_CLIP = `npx verbcast models pull ${DEFAULT_MODEL}`;

/** Returns which model runs and where, in one line, and for the stand-in what it is and how to get real CLIP. */
export function modelNotice({
  model,
  provider,
  isStandIn,
}: Pick<Workers, 'model' | 'provider' | 'isStandIn'>): string[] {
  if (!isStandIn) return [`${model} on ${provider}`];
  return [`${model} on ${provider}: a small stand-in, far weaker than CLIP. For real CLIP:`, PULL_REAL_CLIP];
}
