// Repeated submissions: the same key and the same request are the same stream.
import { createHash } from 'node:crypto';
import { PipelineError } from '../runtime/errors.ts';
import type { StreamHome } from './stream-creation.ts';

/** How long a submission can be repeated. */
const KEPT_SECONDS = 3_600;

export interface Submission {
  /** Whose keys these are: two clients may use the same one. */
  readonly subject: string;
  /** The client's `Idempotency-Key`. */
  readonly key: string;
  readonly request: unknown;
}

/** Returns the id that this submission got before, or null. @throws E_IDEMPOTENCY_MISMATCH */
export async function findSubmission(
  { redis, keys }: StreamHome,
  submission: Submission,
): Promise<string | null> {
  const stored = await redis.get(keyOf(keys.prefix, submission));
  return stored === null ? null : idOf(stored, submission);
}

/**
 * Notes that this submission gets `id`. Returns the id that it has: another one, when the same submission came twice at
 * once and the other was first. @throws E_IDEMPOTENCY_MISMATCH
 */
export async function noteSubmission(
  { redis, keys }: StreamHome,
  submission: Submission,
  id: string,
): Promise<string> {
  const key = keyOf(keys.prefix, submission);
  const value = `${digest(JSON.stringify(submission.request))} ${id}`;
  if ((await redis.set(key, value, 'EX', KEPT_SECONDS, 'NX')) !== null) return id;
  return idOf((await redis.get(key)) ?? value, submission);
}

function idOf(stored: string, { request }: Submission): string {
  const [hash, id = ''] = stored.split(' ');
  if (hash === digest(JSON.stringify(request))) return id;
  throw new PipelineError(
    'E_IDEMPOTENCY_MISMATCH',
    'This `Idempotency-Key` came with another request before. Use a new one for a new request.',
  );
}

function keyOf(prefix: string, { subject, key }: Submission): string {
  return `${prefix}:idempotency:${digest(`${subject}\n${key}`)}`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
