// One tower of a model as an onnxruntime session: which file, which provider, what goes in and out.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { PipelineError } from '../runtime/errors.ts';
import type { ModelDescription } from './description.ts';
import { DTYPES, type Dtype, type DtypeChoice, onnxFile, type Tower } from './dtype.ts';
import { fromFloat16, toFloat16 } from './float16.ts';
import { type Provider, type ProviderChoice, providerReport } from './provider.ts';

export interface SessionOptions {
  readonly dtype: DtypeChoice;
  readonly provider: ProviderChoice;
  /** Threads of the session; 0: onnxruntime's own choice. */
  readonly threads: number;
}

/** An input by its values; the session's declaration decides the tensor's type. */
export interface Input {
  readonly values: Float32Array | readonly number[];
  readonly shape: readonly number[];
}

export interface TowerSession {
  readonly provider: Provider;
  readonly dtype: Dtype;
  /** Why the session does not run where `auto` wanted it. */
  readonly note: string | undefined;
  /** Declared shape per input: a number where it is fixed, a name where it is free. */
  readonly inputs: ReadonlyMap<string, readonly (number | string)[]>;
  /** Runs the tower on those of `feeds` that it declares. Returns Float32Array [n, D], not normalised. @throws E_INFERENCE */
  run(feeds: Readonly<Record<string, Input>>, count: number): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * Opens one tower of `model`.
 * @throws E_MODEL_FILES when no ONNX file of that dtype is there or it does not load
 * @throws E_CONFIG when a provider other than `auto` cannot be used
 */
export async function openTower(
  model: ModelDescription,
  tower: Tower,
  options: SessionOptions,
): Promise<TowerSession> {
  const { session, provider, dtype, note, path } = await openSession(model, tower, options);
  const inputs = new Map(
    session.inputMetadata.map((input) => [input.name, input.isTensor ? input.shape : []]),
  );
  const types = new Map(
    session.inputMetadata.map((input) => [input.name, input.isTensor ? input.type : 'none']),
  );
  const output = pickOutput(session.outputMetadata, tower, path);
  return {
    provider,
    dtype,
    note,
    inputs,
    async run(feeds, count) {
      const tensors: Record<string, Tensor> = {};
      for (const [name, type] of types) {
        const feed = feeds[name];
        if (feed === undefined) {
          throw new PipelineError(
            'E_MODEL_FILES',
            `${path}: asks for an input that Verbcast does not know: ${name}.`,
          );
        }
        tensors[name] = toTensor(feed, type);
      }
      const result = await session.run(tensors, [output]).catch((cause: unknown) => {
        const message = cause instanceof Error ? cause.message : String(cause);
        throw new PipelineError('E_INFERENCE', `${path}: ${message}`, { cause });
      });
      return readOutput(result[output], { path, shape: [count, model.dims] });
    },
    close: () => session.release(),
  };
}

async function openSession(model: ModelDescription, tower: Tower, options: SessionOptions) {
  const report = providerReport();
  const wanted = options.provider === 'auto' ? report.automatic : options.provider;
  const choose = (provider: Provider) => findOnnxFile(model, tower, { dtype: options.dtype, provider });
  const open = async (provider: Provider, { path, dtype } = choose(provider)) => {
    const session = await InferenceSession.create(path, {
      executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
      graphOptimizationLevel: 'all',
      ...(options.threads > 0 ? { intraOpNumThreads: options.threads } : {}),
      interOpNumThreads: 1,
      logSeverityLevel: 3,
    }).catch((cause: unknown) => {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new PipelineError('E_MODEL_FILES', `${path}: ${message}`, { cause });
    });
    return { session, provider, dtype, path };
  };
  if (wanted === 'cpu') {
    return { ...(await open('cpu')), note: options.provider === 'auto' ? report.note : undefined };
  }
  // A file that is missing is no fault of the provider's.
  const file = choose(wanted);
  try {
    return { ...(await open(wanted, file)), note: undefined };
  } catch (cause) {
    const reason = `${wanted} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`;
    if (options.provider === 'auto') return { ...(await open('cpu')), note: reason };
    throw new PipelineError(
      'E_CONFIG',
      `${reason} Choose \`auto\` or \`cpu\`; \`verbcast doctor\` says what is missing.`,
      { cause },
    );
  }
}

/** Half the memory traffic on a GPU; on a CPU fp32 is exact and, without VNNI, as fast as int8. */
const AUTOMATIC_DTYPES = { cpu: ['fp32', 'quantized', 'fp16'], gpu: ['fp16', 'fp32', 'quantized'] } as const;

function findOnnxFile(
  model: ModelDescription,
  tower: Tower,
  { dtype, provider }: { dtype: DtypeChoice; provider: Provider },
): { path: string; dtype: Dtype } {
  const automatic = AUTOMATIC_DTYPES[provider === 'cpu' ? 'cpu' : 'gpu'];
  // Whoever names a dtype means the frames: not every model has its text tower in each.
  const chosen = dtype === 'auto' ? automatic : tower === 'vision' ? [dtype] : [dtype, ...DTYPES];
  const candidates = chosen.map((choice) => ({
    dtype: choice,
    path: join(model.directory, onnxFile(tower, choice)),
  }));
  const found = candidates.find(({ path }) => existsSync(path));
  if (found !== undefined) return found;
  throw new PipelineError(
    'E_MODEL_FILES',
    `Missing: ${candidates.map(({ path }) => path).join(', ')}. \`verbcast models pull ${model.id}\` fetches a catalog model.`,
  );
}

function toTensor({ values, shape }: Input, type: string): Tensor {
  if (type === 'int64') return new Tensor('int64', BigInt64Array.from(values, BigInt), shape);
  if (type === 'int32') return new Tensor('int32', Int32Array.from(values), shape);
  const floats = values instanceof Float32Array ? values : Float32Array.from(values);
  return type === 'float16'
    ? new Tensor('float16', toFloat16(floats), shape)
    : new Tensor('float32', floats, shape);
}

/** The pooled embedding: by the hub's names, else the only output of rank 2. */
function pickOutput(outputs: readonly InferenceSession.ValueMetadata[], tower: Tower, path: string): string {
  const names = outputs.map(({ name }) => name);
  const named = [tower === 'vision' ? 'image_embeds' : 'text_embeds', 'pooler_output'].find((name) =>
    names.includes(name),
  );
  if (named !== undefined) return named;
  const [only, ...more] = outputs.filter((output) => output.isTensor && output.shape.length === 2);
  if (only !== undefined && more.length === 0) return only.name;
  throw new PipelineError('E_MODEL_FILES', `${path}: expected one pooled output, got ${names.join(', ')}.`);
}

function readOutput(
  tensor: Tensor | undefined,
  { path, shape }: { path: string; shape: [number, number] },
): Float32Array {
  const got = tensor?.dims.join(' × ') ?? 'nothing';
  if (tensor === undefined || got !== shape.join(' × ')) {
    throw new PipelineError(
      'E_MODEL_FILES',
      `${path}: expected an output of ${shape.join(' × ')}, got ${got}.`,
    );
  }
  if (tensor.data instanceof Float32Array) return tensor.data;
  if (tensor.data instanceof Uint16Array) return fromFloat16(tensor.data);
  throw new PipelineError('E_MODEL_FILES', `${path}: expected an output of floats, got ${tensor.type}.`);
}
