import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../runtime/config.ts';
import { ENV_EXAMPLE, renderEnvExample, SCHEMAS } from '../scripts/env-example.ts';

const text = readFileSync(ENV_EXAMPLE, 'utf8');
const variables = parseEnv(text.replace(/^#(?=[A-Z_]+=)/gm, ''));

test('the manual says what the schemas say; `npx tsx scripts/env-example.ts` writes it', () => {
  expect(text).toBe(renderEnvExample());
});

test('a copy of the manual as it is changes nothing', () => {
  expect(parseEnv(text)).toEqual({});
});

describe.each(Object.entries(SCHEMAS))('the config of the %s', (_service, schema) => {
  test('has every variable in the manual', () => {
    expect(Object.keys(schema.shape).filter((name) => !(name in variables))).toEqual([]);
  });

  test('is the default one when every line of the manual is uncommented', () => {
    expect(loadConfig(schema, variables)).toEqual(loadConfig(schema, {}));
  });
});
