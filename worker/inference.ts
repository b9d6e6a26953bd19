// The main thread's side of inference: requests out, embeddings back, buffers transferred.
import { Worker } from 'node:worker_threads';
import type { SessionOptions } from '../models/session.ts';
import { type ErrorCode, PipelineError } from '../runtime/errors.ts';
import type { Service } from '../runtime/shutdown.ts';

export interface InferenceSetup {
  readonly model: string;
  readonly directory: string;
  readonly session: SessionOptions;
}

export type InferenceRequest =
  | {
      readonly id: number;
      readonly kind: 'images';
      readonly pixels: Uint8Array<ArrayBuffer>;
      readonly count: number;
    }
  | { readonly id: number; readonly kind: 'texts'; readonly texts: readonly string[] };

export type InferenceReply =
  | { readonly kind: 'ready'; readonly provider: string; readonly dims: number }
  | { readonly kind: 'unusable'; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: 'embeddings'; readonly id: number; readonly embeddings: Float32Array }
  | { readonly kind: 'failed'; readonly id: number; readonly code: ErrorCode; readonly message: string };

export interface Inference extends Service {
  readonly provider: string;
  readonly dims: number;
  /** Returns unit embeddings `[count, D]` of uint8 `[count, S, S, 3]`. The pixels' buffer is given away. @throws E_INFERENCE */
  embedImages(pixels: Uint8Array<ArrayBuffer>, count: number): Promise<Float32Array>;
  /** Returns unit embeddings `[texts.length, D]`. @throws E_INFERENCE */
  embedTexts(texts: readonly string[]): Promise<Float32Array>;
  /** Resolves with the reason when the thread dies although nobody closed it. */
  readonly crashed: Promise<Error>;
}

interface Pending {
  readonly resolve: (embeddings: Float32Array) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Starts the inference thread and resolves when the model is loaded.
 * @throws E_MODEL_FILES when the model cannot be loaded.
 */
export async function startInference(setup: InferenceSetup): Promise<Inference> {
  const entry = import.meta.url.endsWith('.ts') ? './inference-thread.mjs' : './inference-thread.js';
  const thread = new Worker(new URL(entry, import.meta.url), { workerData: setup });
  const pending = new Map<number, Pending>();
  const {
    promise: ready,
    resolve: onReady,
    reject: onUnusable,
  } = withResolvers<{ provider: string; dims: number }>();
  const { promise: crashed, resolve: onCrash } = withResolvers<Error>();
  const { promise: exited, resolve: onExit } = withResolvers<void>();
  let nextId = 0;
  let closing = false;

  thread.on('message', (reply: InferenceReply) => {
    if (reply.kind === 'ready') onReady(reply);
    else if (reply.kind === 'unusable') onUnusable(new PipelineError(reply.code, reply.message));
    else {
      const waiting = pending.get(reply.id);
      pending.delete(reply.id);
      if (reply.kind === 'embeddings') waiting?.resolve(reply.embeddings);
      else waiting?.reject(new PipelineError(reply.code, reply.message));
    }
  });
  let cause: Error | undefined;
  let dead: Error | undefined;
  thread.on('error', (error: Error) => {
    cause = error;
  });
  thread.on('exit', (code) => {
    const error = new PipelineError('E_INFERENCE', `The inference thread ended with code ${code}.`, {
      cause,
    });
    dead = error;
    onUnusable(error);
    for (const { reject } of pending.values()) reject(error);
    pending.clear();
    if (!closing) onCrash(error);
    onExit();
  });

  type Body = InferenceRequest extends infer R ? (R extends unknown ? Omit<R, 'id'> : never) : never;
  const request = (body: Body, transfer: ArrayBuffer[]) =>
    new Promise<Float32Array>((resolve, reject) => {
      if (dead) return reject(dead);
      const id = nextId++;
      pending.set(id, { resolve, reject });
      thread.postMessage({ id, ...body }, transfer);
    });

  const { provider, dims } = await ready;
  return {
    provider,
    dims,
    crashed,
    embedImages: (pixels, count) => request({ kind: 'images', pixels, count }, [pixels.buffer]),
    embedTexts: (texts) => request({ kind: 'texts', texts }, []),
    async close() {
      closing = true;
      thread.postMessage('close');
      await exited;
    },
  };
}

// Promise.withResolvers, which Node 20 does not have.
function withResolvers<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}
