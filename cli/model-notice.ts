// What people are told about the model that runs.
import type { Workers } from '../worker/main.ts';

/** The model that `verbcast models pull` is recommended for: the default once it is there. */
export const REAL_CLIP = 'clip-vit-base-patch32';
export const PULL_REAL_CLIP = `npx verbcast models pull ${REAL_CLIP}`;

/** Returns which model runs and where, in one line, and for the stand-in what it is and how to get real CLIP. */
export function modelNotice({
  model,
  provider,
  isStandIn,
}: Pick<Workers, 'model' | 'provider' | 'isStandIn'>): string[] {
  if (!isStandIn) return [`${model} on ${provider}`];
  return [
    `${model} on ${provider}: the small stand-in that ships with the program, far weaker than CLIP`,
    `for real CLIP: ${PULL_REAL_CLIP}`,
  ];
}
