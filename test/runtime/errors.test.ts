import { expect, test } from 'vitest';
import { PipelineError, toPipelineError } from '../../runtime/errors.ts';

test('an error of our own stays as it is', () => {
  const error = new PipelineError('E_DECODE_FAILED', 'no', { facts: { exitCode: 1 } });
  expect(toPipelineError(error)).toBe(error);
  expect(error.traits.httpStatus).toBe(422);
});

test.each([
  ["OOM command not allowed when used memory > 'maxmemory'.", 'E_REDIS_FULL', true],
  ['connect ECONNREFUSED 127.0.0.1:6379', 'E_REDIS_UNAVAILABLE', true],
  ['Connection is closed.', 'E_REDIS_UNAVAILABLE', true],
  ['Command timed out', 'E_REDIS_UNAVAILABLE', true],
  ['something else', 'E_INTERNAL', false],
])('"%s" is told as %s', (message, code, retryable) => {
  const error = toPipelineError(new Error(message));
  expect([error.code, error.traits.retryable]).toEqual([code, retryable]);
});

test('what is thrown and is no error still has a code', () => {
  expect(toPipelineError('boom', 'E_INFERENCE')).toMatchObject({ code: 'E_INFERENCE', message: 'boom' });
});
