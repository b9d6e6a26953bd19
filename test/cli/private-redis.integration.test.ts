import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { openSandbox } from '../support/sandbox.ts';

test('a private redis-server answers, evicts nothing, and leaves nothing behind', async () => {
  const sandbox = await openSandbox();
  const redis = sandbox.open();
  expect(await redis.ping()).toBe('PONG');
  expect(await redis.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
  const directory = dirname(sandbox.url.slice('unix://'.length));
  expect(existsSync(directory)).toBe(true);
  await sandbox.close();
  expect(existsSync(directory)).toBe(false);
  expect(() => process.kill(sandbox.server.pid, 0)).toThrow('ESRCH');
});
