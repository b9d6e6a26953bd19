// The shared development material: real clips and the stronger model. It lies beside the checkout and is never part of it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const SHARED = join(import.meta.dirname, '../../../shared');
export const CLIPS_DIR = join(SHARED, 'clips');
export const SHARED_MODELS_DIR = join(SHARED, 'models');

/** Whether tests on shared material can run. In CI they must: there a missing folder is a failure, elsewhere a skip. */
export const hasSharedMaterial = existsSync(CLIPS_DIR) && existsSync(join(SHARED_MODELS_DIR, 'scout'));
if (!hasSharedMaterial && process.env.CI)
  throw new Error('Expected ../shared with clips and models/scout in CI.');
