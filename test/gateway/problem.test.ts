// Whatever is thrown becomes a problem with a code of the table, and tells the client nothing it should not know.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { toProblem } from '../../gateway/problem.ts';
import { compileValidator, InvalidInput } from '../../gateway/validation.ts';
import { CreateStream } from '../../protocol/stream.ts';
import { PipelineError } from '../../runtime/errors.ts';

function invalid(body: unknown): InvalidInput {
  const result = compileValidator({ schema: CreateStream })(body);
  if ('error' in result) return result.error;
  throw new Error('Expected the body to be refused.');
}
const source = { path: 'a.mp4' };

test('a code of the table brings its status, title and whether to try again', () => {
  expect(toProblem(new PipelineError('E_MODEL_NOT_SERVED', 'Nobody serves it.'))).toEqual({
    type: 'urn:verbcast:error:E_MODEL_NOT_SERVED',
    title: 'No live worker serves the model',
    status: 503,
    code: 'E_MODEL_NOT_SERVED',
    detail: 'Nobody serves it.',
    retry: true,
  });
});

test('what is wrong only in the labels is E_LABELS_INVALID and names the label', () => {
  const problem = toProblem(invalid({ source, labels: ['a', { name: 'b', promts: ['c'] }] }));
  expect(problem).toMatchObject({ code: 'E_LABELS_INVALID', status: 400 });
  expect(problem.faults).toEqual([{ field: 'labels.1', message: 'Unrecognized key: "promts"' }]);
});

test('what is wrong elsewhere too is E_BAD_REQUEST and names every field', () => {
  const problem = toProblem(invalid({ source: { url: 7 }, labels: [], options: { fps: 1 } }));
  expect(problem.code).toBe('E_BAD_REQUEST');
  expect(problem.faults?.map(({ field }) => field).sort()).toEqual(['labels', 'options', 'source.url']);
});

test('a body with thousands of faults is answered with twenty', () => {
  const labels = Array.from({ length: 200 }, () => ({ name: '' }));
  const problem = toProblem(invalid({ source, labels }));
  expect(problem.faults).toHaveLength(20);
  expect(problem.detail).toContain('and 17 more');
});

test('an address that is no stream id is the address of no stream', () => {
  const error = new InvalidInput(
    z.object({ id: z.string().max(1) }).safeParse({ id: 'xx' }).error?.issues ?? [],
  );
  error.validationContext = 'params';
  expect(toProblem(error)).toMatchObject({ code: 'E_STREAM_NOT_FOUND', status: 404 });
});

test('what the framework refuses keeps its meaning', () => {
  const framework = (statusCode: number) =>
    Object.assign(new Error('Told by the framework.'), { statusCode });
  expect(toProblem(framework(413)).code).toBe('E_BODY_TOO_LARGE');
  expect(toProblem(framework(415))).toMatchObject({
    code: 'E_BAD_REQUEST',
    detail: 'Told by the framework.',
  });
  expect(toProblem(framework(404)).code).toBe('E_NOT_FOUND');
});

test('Redis that is away is said so; a defect says nothing of itself', () => {
  expect(toProblem(new Error('connect ECONNREFUSED /run/redis.sock')).code).toBe('E_REDIS_UNAVAILABLE');
  const problem = toProblem(new Error('secret at /home/someone'));
  expect(problem).toMatchObject({ code: 'E_INTERNAL', status: 500, retry: false });
  expect(JSON.stringify(problem)).not.toContain('secret');
});
