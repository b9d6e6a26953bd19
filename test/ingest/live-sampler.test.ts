// Windows of live streams: by number, by media time, and by the clock.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Frame } from '../../ingest/decoder.ts';
import { sampleLive } from '../../ingest/live-sampler.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A camera by hand. */
function camera() {
  const frames: Frame[] = [];
  const state: { wake: () => void; failure: Error | undefined; isOver: boolean; isClosed: boolean } = {
    ...{ wake: () => undefined, failure: undefined, isOver: false, isClosed: false },
  };
  async function* source(): AsyncGenerator<Frame> {
    try {
      for (;;) {
        const frame = frames.shift();
        if (frame) yield frame;
        else if (state.failure) throw state.failure;
        else if (state.isOver) return;
        else
          await new Promise<void>((resolve) => {
            state.wake = resolve;
          });
      }
    } finally {
      state.isClosed = true;
    }
  }
  return {
    state,
    source: source(),
    send(...times: number[]) {
      for (const mediaSeconds of times)
        frames.push({ index: Math.round(mediaSeconds * 10), mediaSeconds, pixels: new Uint8Array(3) });
      state.wake();
    },
  };
}

const OPTIONS = { size: 5, spanSeconds: 0.5 };
const timesOf = (window: readonly Frame[] | undefined) => window?.map(({ mediaSeconds }) => mediaSeconds);
const next = async (windows: AsyncGenerator<readonly Frame[]>) =>
  timesOf((await windows.next()).value ?? undefined);

describe('sampleLive', () => {
  it('closes a window that is full', async () => {
    const { source, send } = camera();
    const windows = sampleLive(source, OPTIONS);
    send(0, 0.1, 0.2, 0.3, 0.4, 0.5);
    expect(await next(windows)).toEqual([0, 0.1, 0.2, 0.3, 0.4]);
  });

  it('closes a window before a frame that lies half a second on: an outage is no part of one', async () => {
    const { source, send, state } = camera();
    const windows = sampleLive(source, OPTIONS);
    send(0, 0.1, 60, 60.1);
    state.isOver = true;
    expect(await next(windows)).toEqual([0, 0.1]);
    expect(await next(windows)).toEqual([60, 60.1]);
    expect((await windows.next()).done).toBe(true);
  });

  it('closes a window after half a second, whether or not a frame comes, and loses none', async () => {
    const { source, send } = camera();
    const windows = sampleLive(source, OPTIONS);
    send(0, 0.3);
    const first = next(windows);
    await vi.advanceTimersByTimeAsync(499);
    let isThere = false;
    void first.then(() => {
      isThere = true;
    });
    await vi.advanceTimersByTimeAsync(0);
    expect(isThere).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await first).toEqual([0, 0.3]);
    const second = next(windows);
    send(3);
    await vi.advanceTimersByTimeAsync(500);
    expect(await second).toEqual([3]);
  });

  it('yields what came before a failure, then fails', async () => {
    const { source, send, state } = camera();
    const windows = sampleLive(source, OPTIONS);
    send(0);
    state.failure = new Error('cut');
    expect(await next(windows)).toEqual([0]);
    await expect(windows.next()).rejects.toThrow('cut');
    expect(state.isClosed).toBe(true);
  });

  it('leaves nothing open when it is left', async () => {
    const { source, send, state } = camera();
    const windows = sampleLive(source, OPTIONS);
    send(0, 0.1, 0.2, 0.3, 0.4);
    await windows.next();
    await windows.return();
    expect(state.isClosed).toBe(true);
  });

  it('does not wait for a frame when it is left between two', async () => {
    const { source, send, state } = camera();
    const windows = sampleLive(source, OPTIONS);
    send(0);
    const first = windows.next();
    await vi.advanceTimersByTimeAsync(500);
    await first;
    await windows.return();
    send(9);
    await vi.advanceTimersByTimeAsync(0);
    expect(state.isClosed).toBe(true);
  });
});
