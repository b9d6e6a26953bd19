// A request for a stream → checked against what is there and what is allowed → a stream.
import { toLabelSet } from '../protocol/labels.ts';
import type { ServedModel } from '../protocol/model.ts';
import type { CreateStream, StreamMode } from '../protocol/stream.ts';
import { PipelineError } from '../runtime/errors.ts';
import { resolveSource } from '../sources/policy.ts';
import { admitStream, releaseStream } from './admission.ts';
import type { Identity } from './auth-identity.ts';
import type { RouteContext } from './http.ts';
import { findSubmission, noteSubmission } from './idempotency.ts';
import { checkExamples } from './label-examples.ts';
import { defaultModel, readServedModels, requireServed } from './served-models.ts';
import { createStream, type NewStream, newStreamId } from './stream-creation.ts';

/**
 * Creates the stream that `request` asks for and returns its id. With an `idempotencyKey`, the same request again is the
 * same stream, also when the first attempt failed half-way.
 * @throws E_CAPACITY, E_MODEL_NOT_SERVED, E_BAD_REQUEST, E_IDEMPOTENCY_MISMATCH, E_UPLOAD_NOT_FOUND, E_SOURCE_*, E_REDIS_*
 */
export async function submit(
  context: RouteContext,
  request: CreateStream,
  { identity, idempotencyKey }: { identity: Identity; idempotencyKey: string | undefined },
): Promise<{ id: string; isRepeat: boolean }> {
  const { subject, owner } = identity;
  const submission = idempotencyKey === undefined ? null : { subject, key: idempotencyKey, request };
  const known = submission && (await findSubmission(context, submission));
  if (known && (await exists(context, known))) return { id: known, isRepeat: true };
  const stream = { ...(await examine(context, request)), owner };
  const id = newStreamId();
  const final = submission ? await noteSubmission(context, submission, id) : id;
  const { sampleFps } = await admitStream(context, { ...stream, id: final }, context.config);
  try {
    await createStream(context, { ...stream, sampleFps, id: final });
  } catch (error) {
    await releaseStream(context, final).catch(() => undefined);
    throw error;
  }
  return { id: final, isRepeat: final !== id };
}

async function exists({ redis, keys }: RouteContext, id: string): Promise<boolean> {
  return (await redis.exists(keys.stream(id))) === 1;
}

/** Checks the request; what it left open is filled in. */
async function examine(
  context: RouteContext,
  { source, options, ...input }: CreateStream,
): Promise<Omit<NewStream, 'id' | 'owner'>> {
  const { config, redis, keys, uploads } = context;
  const served = await readServedModels(redis, keys);
  const model = requireServed(served, options.model ?? defaultModel(served, config.MODEL));
  checkTemplates(model, input.templates);
  checkExamples(model, input.labels);
  const resolved = await resolveSource(source, {
    mediaDirs: config.MEDIA_DIRS,
    sourceNetworks: config.SOURCE_NETWORKS,
    devices: config.SOURCE_DEVICES,
    dataDir: config.DATA_DIR,
  });
  if ('upload' in source) await uploads.keep(source.upload);
  const guessed: StreamMode =
    resolved.kind === 'url' ? resolved.mode : resolved.kind === 'device' ? 'live' : 'file';
  return {
    source,
    mode: options.mode ?? guessed,
    model: model.id,
    sampleFps: options.sampleFps,
    poolSeconds: options.poolSeconds,
    pooling: options.pooling,
    spans: options.spans,
    labels: toLabelSet(input, 1),
  };
}

/** @throws E_BAD_REQUEST naming the template sets, when the workers of `model` have none called `name`. */
export function checkTemplates(model: ServedModel, name: string): void {
  if (model.templates.includes(name)) return;
  throw new PipelineError(
    'E_BAD_REQUEST',
    `Expected \`templates\` to be one of ${model.templates.join(', ')}; got \`${name}\`.`,
  );
}
