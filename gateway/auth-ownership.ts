// Whose streams an identity may see.
import { PipelineError } from '../runtime/errors.ts';
import type { Identity } from './auth-identity.ts';
import type { StreamHome } from './stream-creation.ts';

/**
 * Checks that `stream` exists for `identity`. One of another owner is refused exactly as one that is not there.
 * @throws E_STREAM_NOT_FOUND
 */
export async function requireOwnStream(
  { redis, keys }: Pick<StreamHome, 'redis' | 'keys'>,
  identity: Identity,
  stream: string,
): Promise<void> {
  if (!identity.ownOnly) return;
  const owner = await redis.hget(keys.stream(stream), 'owner');
  if (owner === identity.owner) return;
  throw new PipelineError('E_STREAM_NOT_FOUND', `There is no stream ${stream}, or it was forgotten since.`);
}
