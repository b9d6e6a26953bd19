// Execution providers: what the installed onnxruntime-node can run on.
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { listSupportedBackends } from 'onnxruntime-node';

export type Provider = 'cpu' | 'cuda' | 'webgpu';
export type ProviderChoice = 'auto' | Provider;

export interface ProviderReport {
  /** Providers that the installed build of onnxruntime-node names. */
  readonly listed: readonly string[];
  /** Path of the CUDA provider library, where the package's install script has fetched it. */
  readonly cudaLibrary: string | undefined;
  /** What `auto` chooses. */
  readonly automatic: Provider;
  /** Why `auto` does not choose the GPU, with the remedy. */
  readonly note: string | undefined;
}

/** Returns what inference can run on here. Loads the native library; nothing is started. */
export function providerReport(): ProviderReport {
  const listed = listSupportedBackends().map(({ name }) => name);
  const cudaLibrary = findCudaLibrary();
  const report = { listed, cudaLibrary, automatic: cudaLibrary === undefined ? 'cpu' : 'cuda' } as const;
  if (cudaLibrary !== undefined) return { ...report, note: undefined };
  const note = listed.includes('cuda')
    ? "onnxruntime-node's CUDA library is not installed; its install script fetches it (`ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node`, with scripts allowed)."
    : 'this build of onnxruntime-node has no CUDA provider.';
  return { ...report, note };
}

/** The library lies beside the native binding: `bin/napi-v<N>/<platform>/<arch>/`. */
function findCudaLibrary(): string | undefined {
  const bin = join(dirname(createRequire(import.meta.url).resolve('onnxruntime-node')), '..', 'bin');
  const file =
    process.platform === 'win32' ? 'onnxruntime_providers_cuda.dll' : 'libonnxruntime_providers_cuda.so';
  return readdirSync(bin)
    .map((binding) => join(bin, binding, process.platform, process.arch, file))
    .find((path) => existsSync(path));
}
