import { expect, test, vi } from 'vitest';
import { Batcher } from '../../worker/batcher.ts';

/** A model whose frames are one byte and whose embedding is that byte, one batch at a time, run when the test says so. */
function handModel() {
  const batches: number[][] = [];
  const runs: (() => void)[] = [];
  const embed = (pixels: Uint8Array<ArrayBuffer>) => {
    batches.push([...pixels]);
    return new Promise<Float32Array>((resolve) => runs.push(() => resolve(Float32Array.from(pixels))));
  };
  return { batches, embed, finishNext: () => runs.shift()?.() };
}

test('windows of several streams share a batch, and each gets its own rows', async () => {
  const model = handModel();
  const batcher = new Batcher({ maxFrames: 4, waitMs: 10_000, embed: model.embed });
  const first = batcher.submit(Uint8Array.of(1), 1);
  const second = batcher.submit(Uint8Array.of(2, 3, 4), 3);
  expect(model.batches).toEqual([[1, 2, 3, 4]]);
  model.finishNext();
  expect([...(await first)]).toEqual([1]);
  expect([...(await second)]).toEqual([2, 3, 4]);
});

test('a batch that does not fill runs after the wait', async () => {
  vi.useFakeTimers();
  const model = handModel();
  const batcher = new Batcher({ maxFrames: 4, waitMs: 5, embed: model.embed });
  const answer = batcher.submit(Uint8Array.of(7), 1);
  expect(model.batches).toEqual([]);
  vi.advanceTimersByTime(5);
  expect(model.batches).toEqual([[7]]);
  model.finishNext();
  expect([...(await answer)]).toEqual([7]);
  vi.useRealTimers();
});

test('two batches are under way at the most; what comes meanwhile is merged', async () => {
  const model = handModel();
  const batcher = new Batcher({ maxFrames: 2, waitMs: 0, embed: model.embed });
  const answers = [1, 2, 3, 4, 5, 6].map((value) => batcher.submit(Uint8Array.of(value), 1));
  expect(model.batches).toEqual([
    [1, 2],
    [3, 4],
  ]);
  model.finishNext();
  await answers[0];
  await vi.waitFor(() => expect(model.batches).toHaveLength(3));
  expect(model.batches[2]).toEqual([5, 6]);
  model.finishNext();
  model.finishNext();
  expect((await Promise.all(answers)).map(([value]) => value)).toEqual([1, 2, 3, 4, 5, 6]);
});

test('a window larger than a batch goes alone', () => {
  const model = handModel();
  const batcher = new Batcher({ maxFrames: 2, waitMs: 10_000, embed: model.embed });
  void batcher.submit(Uint8Array.of(1, 2, 3), 3);
  expect(model.batches).toEqual([[1, 2, 3]]);
});

test('a failed batch fails its windows and no others', async () => {
  let calls = 0;
  const embed = async (pixels: Uint8Array) => {
    calls++;
    if (calls === 1) throw new Error('boom');
    return Float32Array.from(pixels);
  };
  const batcher = new Batcher({ maxFrames: 1, waitMs: 0, embed });
  const failed = batcher.submit(Uint8Array.of(1), 1);
  const fine = batcher.submit(Uint8Array.of(2), 1);
  await expect(failed).rejects.toThrow('boom');
  expect([...(await fine)]).toEqual([2]);
});

/** As the model by hand, but a frame takes 20 ms, so that a full batch is longer than a live frame should wait. */
function slowModel() {
  const batches: number[][] = [];
  const embed = (pixels: Uint8Array<ArrayBuffer>) => {
    batches.push([...pixels]);
    return new Promise<Float32Array>((resolve) =>
      setTimeout(() => resolve(Float32Array.from(pixels)), 20 * pixels.length),
    );
  };
  return { batches, embed };
}

test('a live frame waits for a slice of a large window at the most, and the window is whole in the end', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const model = slowModel();
  const batcher = new Batcher({ maxFrames: 16, waitMs: 0, embed: model.embed });
  const first = batcher.submit(Uint8Array.of(100), 1, 'live');
  await vi.advanceTimersByTimeAsync(25);
  await first;
  expect(batcher.msPerFrame).toBeCloseTo(20, 0);
  const window = Uint8Array.from({ length: 8 }, (_, i) => i);
  const whole = batcher.submit(window, 8);
  await vi.advanceTimersByTimeAsync(10);
  const live = batcher.submit(Uint8Array.of(101), 1, 'live');
  await vi.runAllTimersAsync();
  // One that was under way already, and then the live frame.
  expect(model.batches[2]).toEqual([101]);
  expect(Math.max(...model.batches.map((batch) => batch.length))).toBeLessThanOrEqual(2);
  expect([...(await whole)]).toEqual([...window]);
  expect([...(await live)]).toEqual([101]);
  vi.useRealTimers();
});

test('where both lanes wait for more than there is, each gets half', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const model = slowModel();
  const batcher = new Batcher({ maxFrames: 16, waitMs: 0, embed: model.embed });
  const all = Array.from({ length: 40 }, (_, i) => [
    batcher.submit(Uint8Array.of(0, 0), 2),
    batcher.submit(Uint8Array.of(i + 1), 1, 'live'),
  ]).flat();
  await vi.advanceTimersByTimeAsync(1_600);
  const frames = model.batches.flat();
  const live = frames.filter((value) => value > 0).length;
  expect(Math.abs(live / frames.length - 0.5)).toBeLessThan(0.1);
  await vi.runAllTimersAsync();
  await Promise.all(all);
  vi.useRealTimers();
});
