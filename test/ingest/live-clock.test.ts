// Media time of live streams, and the waits between attempts.
import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../ingest/backoff.ts';
import { createLiveClock } from '../../ingest/live-clock.ts';
import { seededRandom } from '../support/random.ts';

const EPOCH = 1_700_000_000_000;
const clock = (nextFrame = 0, sampleFps = 2) => createLiveClock({ epochMs: EPOCH, sampleFps, nextFrame });
const slots = (times: readonly number[], of = clock()) =>
  times.map((seconds) => of.slotAt(EPOCH + seconds * 1_000));

describe('a live clock', () => {
  it('counts slot by slot where pictures come as they should, though not evenly', () => {
    expect(slots([0, 0.54, 1.01, 1.46, 2.02, 2.6])).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('leaves a hole where there was an outage', () => {
    expect(slots([0, 0.5, 60.6, 61.1])).toEqual([0, 1, 121, 122]);
  });

  it('goes on where another ingest was', () => {
    expect(slots([100, 100.5], clock(150))).toEqual([200, 201]);
    expect(slots([100, 100.5], clock(200))).toEqual([200, 201]);
  });

  it('does not run ahead of the time of day when pictures come in a heap', () => {
    expect(slots([0, 5, 5.01, 5.02, 5.03, 5.5])).toEqual([0, 10, 11, null, null, 12]);
  });

  it('never goes back, even if the time of day does, and stays within two slots of it', () => {
    const random = seededRandom(7);
    const live = clock(0, 10);
    let seconds = 0;
    let last = -1;
    for (let i = 0; i < 5_000; i++) {
      seconds += random() < 0.01 ? random() * 30 : random() * 0.15;
      const slot = live.slotAt(EPOCH + seconds * 1_000);
      if (slot === null) continue;
      expect(slot).toBeGreaterThan(last);
      expect(Math.abs(slot / 10 - seconds)).toBeLessThan(0.2);
      last = slot;
    }
    expect(live.slotAt(EPOCH)).toBeNull();
  });
});

describe('the wait between attempts', () => {
  it('doubles from 1 s to 30 s, less 10 to 50 %', () => {
    const least = [1, 2, 3, 4, 5, 6, 7, 50].map((failures) => backoffMs(failures, () => 1));
    const most = [1, 2, 3, 4, 5, 6, 7, 50].map((failures) => backoffMs(failures, () => 0));
    expect(least).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
    expect(most).toEqual([900, 1_800, 3_600, 7_200, 14_400, 27_000, 27_000, 27_000]);
  });
});
