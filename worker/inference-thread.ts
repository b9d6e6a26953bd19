// The thread in which the model runs: onnxruntime-node's run() blocks its thread, so nothing else lives here.
import { parentPort, workerData } from 'node:worker_threads';
import { readModelDescription } from '../models/description.ts';
import { createEmbedder, type Embedder } from '../models/embedder.ts';
import { toPipelineError } from '../runtime/errors.ts';
import type { InferenceReply, InferenceRequest, InferenceSetup } from './inference.ts';

const port = parentPort;
if (!port) throw new Error('This file runs as a worker thread.');

const answer = (reply: InferenceReply, transfer: ArrayBuffer[] = []) => port.postMessage(reply, transfer);

async function serve(embedder: Embedder, request: InferenceRequest): Promise<void> {
  try {
    const embeddings =
      request.kind === 'images'
        ? await embedder.embedImages(request.pixels, request.count)
        : await embedder.embedTexts(request.texts);
    // Only a buffer of its own may be given away.
    const own = embeddings.byteLength === embeddings.buffer.byteLength ? embeddings : embeddings.slice();
    answer({ kind: 'embeddings', id: request.id, embeddings: own }, [own.buffer as ArrayBuffer]);
  } catch (error) {
    const { code, message } = toPipelineError(error, 'E_INFERENCE');
    answer({ kind: 'failed', id: request.id, code, message });
  }
}

try {
  const setup = workerData as InferenceSetup;
  const description = await readModelDescription(setup.directory, setup.model);
  const embedder = await createEmbedder(description, setup.session);
  port.on('message', (request: InferenceRequest | 'close') => {
    if (request === 'close') void embedder.close().finally(() => port.close());
    else void serve(embedder, request);
  });
  answer({ kind: 'ready', provider: embedder.provider, dims: embedder.dims });
} catch (error) {
  const { code, message } = toPipelineError(error, 'E_MODEL_FILES');
  answer({ kind: 'unusable', code, message });
  port.close();
}
