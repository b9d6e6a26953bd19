import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
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

test.runIf(process.platform === 'linux')('it dies with a program that is killed by SIGKILL', async () => {
  const program = `
    import { startPrivateRedis } from './cli/private-redis.ts';
    const { pid, url } = await startPrivateRedis();
    console.log(pid + ' ' + url);
    setInterval(() => {}, 1_000);`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface(child.stdout), 'line');
  const [pid, url] = String(line).split(' ');
  expect(existsSync(String(url).slice('unix://'.length))).toBe(true);
  child.kill('SIGKILL');
  await eventually('redis-server is gone', () => !isAlive(Number(pid)));
  await rm(dirname(String(url).slice('unix://'.length)), { recursive: true });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
