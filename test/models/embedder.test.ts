// The embedder on towers of a few numbers: whatever a session declares, it is given, and the right output is taken.
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { readModelDescription } from '../../models/description.ts';
import { createEmbedder, type Embedder } from '../../models/embedder.ts';
import type { SessionOptions } from '../../models/session.ts';
import { meanColourTower, TINY_CONFIG, tokenTableTower, writeTinyModel } from './tiny-model.ts';

const opened: { embedder?: Embedder; directory: string }[] = [];
afterEach(async () => {
  for (const { embedder, directory } of opened.splice(0)) {
    await embedder?.close();
    rmSync(directory, { recursive: true });
  }
});

async function open(directory: string, options: Partial<SessionOptions> = {}): Promise<Embedder> {
  const entry: { embedder?: Embedder; directory: string } = { directory };
  opened.push(entry);
  const model = await readModelDescription(directory, 'tiny');
  entry.embedder = await createEmbedder(model, { dtype: 'auto', provider: 'cpu', threads: 1, ...options });
  return entry.embedder;
}

/** Pixels of `count` frames of one colour each. */
function frames(...colours: readonly (readonly [number, number, number])[]): Uint8Array {
  return Uint8Array.from(colours.flatMap((colour) => Array.from({ length: 256 }, () => colour).flat()));
}

const row = (vectors: Float32Array, at: number) => [...vectors.subarray(at * 3, at * 3 + 3)];
const closeTo = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 3));

describe('images', () => {
  test('become the pooled output, brought to length 1, a row for each frame in order', async () => {
    const embedder = await open(writeTinyModel());
    const vectors = await embedder.embedImages(frames([255, 0, 0], [0, 102, 136]), 2);
    expect(row(vectors, 0)).toEqual(closeTo([1, 0, 0]));
    expect(row(vectors, 1)).toEqual(closeTo([0, 0.6, 0.8]));
  });

  test.each(['image_embeds', 'pooler_output', 'whatever_it_is_called'])(
    'are read from the output %s',
    async (output) => {
      const embedder = await open(writeTinyModel({ vision: meanColourTower({ output }) }));
      expect(row(await embedder.embedImages(frames([0, 255, 0]), 1), 0)).toEqual(closeTo([0, 1, 0]));
    },
  );

  test('go in and out as float16 where the graph declares that', async () => {
    const embedder = await open(writeTinyModel({ vision: meanColourTower({ type: 'float16' }) }));
    expect(row(await embedder.embedImages(frames([0, 102, 136]), 1), 0)).toEqual(closeTo([0, 0.6, 0.8]));
  });

  test('of calls that overlap do not mix', async () => {
    const embedder = await open(writeTinyModel());
    const [red, green] = await Promise.all([
      embedder.embedImages(frames([255, 0, 0]), 1),
      embedder.embedImages(frames([0, 255, 0]), 1),
    ]);
    expect([row(red, 0), row(green, 0)]).toEqual([closeTo([1, 0, 0]), closeTo([0, 1, 0])]);
  });

  test('that are fewer than said are an E_INFERENCE', async () => {
    const embedder = await open(writeTinyModel());
    await expect(embedder.embedImages(frames([1, 2, 3]), 2)).rejects.toMatchObject({ code: 'E_INFERENCE' });
  });

  test('without any evidence, a vector of zeros, are an E_INFERENCE and not a division by zero', async () => {
    const embedder = await open(writeTinyModel());
    await expect(embedder.embedImages(frames([0, 0, 0]), 1)).rejects.toMatchObject({ code: 'E_INFERENCE' });
  });
});

describe('texts', () => {
  test.each(['int32', 'int64'] as const)('go in as %s where the graph declares that', async (type) => {
    const embedder = await open(writeTinyModel({ text: tokenTableTower({ pooling: 'max', type }) }));
    const vectors = await embedder.embedTexts(['playing guitar', 'a dog']);
    expect(Math.hypot(...row(vectors, 0))).toBeCloseTo(1, 5);
    expect(row(vectors, 0)).not.toEqual(row(vectors, 1));
  });

  test.each(['mean', 'max'] as const)(
    'embed alike alone and beside longer ones, whether the tower sees padding (mean) or not (max): %s',
    async (pooling) => {
      const embedder = await open(writeTinyModel({ text: tokenTableTower({ pooling }) }));
      const alone = await embedder.embedTexts(['a dog']);
      const beside = await embedder.embedTexts(['a dog', 'a person is playing the guitar on a stage']);
      expect(row(beside, 0)).toEqual(closeTo(row(alone, 0)));
    },
  );

  test('are padded to the length that the graph has fixed', async () => {
    const text = tokenTableTower({ pooling: 'max', length: 16 });
    const embedder = await open(writeTinyModel({ text }));
    expect(Math.hypot(...row(await embedder.embedTexts(['a dog']), 0))).toBeCloseTo(1, 5);
  });

  test('of more than one batch come back in order', async () => {
    const embedder = await open(writeTinyModel());
    const texts = Array.from({ length: 70 }, (_, at) => `dog number ${at}`);
    const vectors = await embedder.embedTexts(texts);
    expect(vectors).toHaveLength(70 * 3);
    expect(row(vectors, 69)).toEqual(closeTo(row(await embedder.embedTexts([texts[69] ?? '']), 0)));
  });

  test('need no text tower until one comes', async () => {
    const directory = writeTinyModel();
    rmSync(join(directory, 'onnx/text_model.onnx'));
    const embedder = await open(directory);
    await expect(embedder.embedTexts(['a dog'])).rejects.toMatchObject({ code: 'E_MODEL_FILES' });
  });
});

describe('the files', () => {
  test('of the dtype asked for are used, and the image tower has to be there', async () => {
    const directory = writeTinyModel();
    const onnx = (name: string) => join(directory, 'onnx', name);
    await expect(open(directory, { dtype: 'quantized' })).rejects.toMatchObject({
      code: 'E_MODEL_FILES',
      message: expect.stringContaining('vision_model_quantized.onnx'),
    });
    renameSync(onnx('vision_model.onnx'), onnx('vision_model_quantized.onnx'));
    opened.length = 0;
    expect((await open(directory, { dtype: 'quantized' })).dtype).toBe('quantized');
    // The text tower falls back to what is there.
    expect((await opened[0]?.embedder?.embedTexts(['a dog']))?.length).toBe(3);
  });

  test('of another dtype do where `auto` finds no fp32', async () => {
    const directory = writeTinyModel();
    renameSync(join(directory, 'onnx/vision_model.onnx'), join(directory, 'onnx/vision_model_fp16.onnx'));
    expect((await open(directory)).dtype).toBe('fp16');
  });

  test('that do not give what config.json says are an E_MODEL_FILES with both numbers', async () => {
    const embedder = await open(writeTinyModel({ config: { ...TINY_CONFIG, projection_dim: 4 } }));
    await expect(embedder.embedImages(frames([1, 2, 3]), 1)).rejects.toMatchObject({
      code: 'E_MODEL_FILES',
      message: expect.stringMatching(/1 × 4.*1 × 3/),
    });
  });
});

describe('the provider', () => {
  test('`auto` runs somewhere and says why not on a GPU where it does not', async () => {
    const embedder = await open(writeTinyModel(), { provider: 'auto' });
    expect(embedder.provider === 'cuda' || embedder.note !== undefined).toBe(true);
  });
});
