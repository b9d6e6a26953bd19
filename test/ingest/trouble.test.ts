// Which failures of a live source are waited out, and which are its end.
import { describe, expect, it } from 'vitest';
import { Trouble } from '../../ingest/trouble.ts';
import type { ErrorCode } from '../../runtime/errors.ts';

const NOW = 1_700_000_000_000;

/** Notes `codes`, one every `everySeconds`; returns after each whether it is final. */
function fail(trouble: Trouble, codes: readonly ErrorCode[], everySeconds = 10): boolean[] {
  return codes.map((code, i) => {
    trouble.note(code, NOW + i * everySeconds * 1_000);
    return trouble.isFinal;
  });
}

describe('a live source that was never seen', () => {
  it.each(['E_SOURCE_UNAUTHORIZED', 'E_SOURCE_NOT_FOUND', 'E_SOURCE_FORBIDDEN'] as const)(
    'is over at once when it answers with %s',
    (code) => {
      expect(fail(new Trouble({ hasRun: false }), [code])).toEqual([true]);
    },
  );

  it('has three attempts when only ffmpeg says that it is no good', () => {
    expect(fail(new Trouble({ hasRun: false }), Array(3).fill('E_SOURCE_UNREADABLE'))).toEqual([
      false,
      false,
      true,
    ]);
    expect(
      fail(new Trouble({ hasRun: false }), [
        'E_SOURCE_UNREADABLE',
        'E_SOURCE_UNREACHABLE',
        'E_SOURCE_UNREADABLE',
      ]),
    ).toEqual([false, false, false]);
  });

  it.each(['E_SOURCE_UNREACHABLE', 'E_DECODE_FAILED'] as const)('is waited for, however long: %s', (code) => {
    expect(fail(new Trouble({ hasRun: false }), Array(1_000).fill(code))).not.toContain(true);
  });
});

describe('a live source that has been seen', () => {
  const seen = () => {
    const trouble = new Trouble({ hasRun: false });
    trouble.clear(NOW - 60_000);
    return trouble;
  };

  it('may refuse for a minute while it comes back, and no longer', () => {
    const codes = Array<ErrorCode>(8).fill('E_SOURCE_NOT_FOUND');
    expect(fail(seen(), codes)).toEqual([false, false, false, false, false, false, true, true]);
  });

  it('may refuse in one way and then in another', () => {
    const codes: ErrorCode[] = ['E_SOURCE_NOT_FOUND', 'E_SOURCE_UNREACHABLE', 'E_SOURCE_NOT_FOUND'];
    expect(fail(seen(), codes, 50)).toEqual([false, false, false]);
  });

  it('has been seen also when another ingest did', () => {
    expect(fail(new Trouble({ hasRun: true }), ['E_SOURCE_UNAUTHORIZED'])).toEqual([false]);
  });

  it('is over at once when it leads where it may not', () => {
    expect(fail(seen(), ['E_SOURCE_FORBIDDEN'])).toEqual([true]);
  });
});

describe('attempts', () => {
  it('are counted since the last good run', () => {
    const trouble = new Trouble({ hasRun: false });
    fail(trouble, ['E_SOURCE_UNREACHABLE', 'E_SOURCE_UNREACHABLE']);
    expect(trouble.failures).toBe(2);
    trouble.clear(NOW);
    trouble.note('E_SOURCE_UNREACHABLE', NOW + 9_999);
    expect(trouble.failures).toBe(3);
    trouble.clear(NOW);
    trouble.clear(NOW + 5_000);
    trouble.note('E_SOURCE_UNREACHABLE', NOW + 10_000);
    expect(trouble.failures).toBe(1);
  });

  it('are told once as long as they fail for the same reason', () => {
    const trouble = new Trouble({ hasRun: false });
    const isNews = (code: ErrorCode) => trouble.note(code, NOW);
    expect([
      isNews('E_SOURCE_UNREACHABLE'),
      isNews('E_SOURCE_UNREACHABLE'),
      isNews('E_DECODE_FAILED'),
    ]).toEqual([true, false, true]);
    trouble.clear(NOW);
    expect(isNews('E_DECODE_FAILED')).toBe(true);
  });
});
