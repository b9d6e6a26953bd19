// How many wrong tokens an address may try.
import { expect, test } from 'vitest';
import { createFailureLimit } from '../../gateway/auth-failures.ts';

test('twenty at once, then one every three seconds, and in a minute all is forgiven', () => {
  let now = 5_000;
  const limit = createFailureLimit(() => now);
  const tries = (address: string) => {
    let count = 0;
    for (; limit.waitSeconds(address) === 0 && count < 1_000; count += 1) limit.count(address);
    return count;
  };
  expect(tries('192.0.2.1')).toBe(20);
  expect(limit.waitSeconds('192.0.2.1')).toBe(3);
  expect(tries('192.0.2.2')).toBe(20);
  now += 3_000;
  expect(tries('192.0.2.1')).toBe(1);
  now += 30_000;
  expect(tries('192.0.2.1')).toBe(10);
  now += 60_000;
  expect(tries('192.0.2.1')).toBe(20);
});

test('the addresses of one IPv6 network count as one, and a mapped IPv4 address as itself', () => {
  const limit = createFailureLimit(() => 0);
  for (let i = 0; i < 20; i += 1) limit.count(`2001:db8:1:2::${i.toString(16)}`);
  expect(limit.waitSeconds('2001:db8:1:2:ffff::1')).toBeGreaterThan(0);
  expect(limit.waitSeconds('2001:db8:1:3::1')).toBe(0);
  for (let i = 0; i < 20; i += 1) limit.count('::ffff:192.0.2.7');
  expect(limit.waitSeconds('192.0.2.7')).toBeGreaterThan(0);
  expect(limit.waitSeconds('192.0.2.8')).toBe(0);
});

test('failures that came while others were checked do not lock out for longer', () => {
  let now = 0;
  const limit = createFailureLimit(() => now);
  for (let i = 0; i < 5_000; i += 1) limit.count('192.0.2.1');
  now += 3_000;
  expect(limit.waitSeconds('192.0.2.1')).toBe(0);
});

test('a hundred thousand addresses take no more room than ten thousand, and the newest are not forgotten', () => {
  const limit = createFailureLimit(() => 0);
  let most = 0;
  for (let i = 0; i < 100_000; i += 1) {
    limit.count(`address ${i}`);
    most = Math.max(most, limit.size);
  }
  expect(most).toBeLessThanOrEqual(10_000);
  for (let i = 0; i < 20; i += 1) limit.count('address 99000');
  expect(limit.waitSeconds('address 99000')).toBeGreaterThan(0);
  for (let i = 0; i < 4_000; i += 1) limit.count(`other ${i}`);
  expect(limit.waitSeconds('address 99000')).toBeGreaterThan(0);
});
