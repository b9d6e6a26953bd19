import { expect, test } from 'vitest';
import { failureLines, remedyFor } from '../../cli/failure.ts';
import { ERRORS } from '../../runtime/errors.ts';

test.each(Object.keys(ERRORS))('%s has a remedy in docs/errors.md', (code) => {
  expect(remedyFor(code)).toMatch(/\w/);
});

test('a code that is not in the table has none', () => {
  expect(failureLines({ code: 'E_NONE', message: 'Something.' })).toEqual(['E_NONE: Something.']);
});

test('nothing in a message can steer the terminal or give a password away', () => {
  const message = 'cannot open rtsp://admin:hunter2@10.0.0.9/live \u001b[2J\u0007\nsecond line';
  expect(failureLines({ code: 'E_NONE', message })).toEqual([
    'E_NONE: cannot open rtsp://***@10.0.0.9/live ?[2J?\nsecond line',
  ]);
});
