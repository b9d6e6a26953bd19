// Times as the page writes them, and the axis that the chart and the timeline share.
import { describe, expect, it } from 'vitest';
import { formatTime, spokenTime } from '../../web/clock.ts';
import { axisTimes, MIN_SPAN_SECONDS, placeIn, wholeSpan, zoomSpan } from '../../web/span.ts';

describe('times', () => {
  it.each([
    [0, '0:00', '0:00.0'],
    [65.5, '1:05', '1:05.5'],
    [59.96, '0:59', '1:00.0'],
    [3_661.04, '1:01:01', '1:01:01.0'],
  ])('%s s is written %s, and with tenths %s', (seconds, plain, tenths) => {
    expect(formatTime(seconds)).toBe(plain);
    expect(formatTime(seconds, { tenths: true })).toBe(tenths);
  });

  it('are spoken in words', () => {
    expect(spokenTime(0)).toBe('0 seconds');
    expect(spokenTime(61)).toBe('1 minute 1 second');
    expect(spokenTime(3_720)).toBe('1 hour 2 minutes');
  });
});

describe('the stretch of time that is shown', () => {
  const whole = { from: 0, to: 100 };

  it('is all of a file, or all that is known where the file does not tell its length', () => {
    expect(wholeSpan(12, 90)).toEqual({ from: 0, to: 90 });
    expect(wholeSpan(12, null)).toEqual({ from: 0, to: 12 });
    expect(wholeSpan(0, null).to).toBe(MIN_SPAN_SECONDS);
  });

  it('stays around the moment that one zooms into', () => {
    const span = zoomSpan(whole, { center: 20, factor: 0.5, whole });
    expect(span).toEqual({ from: 10, to: 60 });
    expect(placeIn(span, 20)).toBeCloseTo(placeIn(whole, 20));
  });

  it('never leaves what there is, nor becomes too short to read', () => {
    expect(zoomSpan({ from: 90, to: 100 }, { center: 99, factor: 8, whole })).toEqual({ from: 20, to: 100 });
    expect(zoomSpan({ from: 10, to: 14 }, { center: 12, factor: 0.1, whole })).toEqual({ from: 10, to: 14 });
    expect(zoomSpan(whole, { center: 50, factor: 2, whole })).toEqual(whole);
  });

  it('is marked at round times, not too many', () => {
    expect(axisTimes({ from: 0, to: 30 }, 8)).toEqual([0, 5, 10, 15, 20, 25, 30]);
    expect(axisTimes({ from: 61, to: 7_200 }, 8).length).toBeLessThanOrEqual(9);
    expect(axisTimes({ from: 61, to: 7_200 }, 8)[0]).toBe(900);
  });
});
