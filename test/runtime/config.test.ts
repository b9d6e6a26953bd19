import { expect, test } from 'vitest';
import { z } from 'zod';
import { flag, integer, list, loadConfig } from '../../runtime/config.ts';

const schema = z.object({
  PORT: integer({ min: 1, max: 10, fallback: 5 }),
  DIRS: list(':'),
  LOUD: flag(false),
  SECRET: z.string().min(8).optional(),
});

test('what is unset or empty takes its default', () => {
  expect(loadConfig(schema, { PORT: '', OTHER: 'x' })).toEqual({ PORT: 5, DIRS: [], LOUD: false });
});

test('values are parsed into what they mean', () => {
  expect(loadConfig(schema, { PORT: '7', DIRS: '/a: /b ::', LOUD: '1' })).toEqual({
    PORT: 7,
    DIRS: ['/a', '/b'],
    LOUD: true,
  });
});

test('every fault is named at once, and no value is repeated', () => {
  const load = () => loadConfig(schema, { PORT: 'many', LOUD: 'yes', SECRET: 'hunter2' });
  expect(load).toThrow(expect.objectContaining({ code: 'E_CONFIG' }));
  expect(load).toThrow(/PORT[\s\S]*LOUD[\s\S]*SECRET/);
  expect(load).not.toThrow(/hunter2|many/);
});
