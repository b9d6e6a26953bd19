// Where a request comes from.
import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { clientAddress, parseProxies } from '../../gateway/auth-address.ts';

const request = (remoteAddress: string, forwarded?: string | string[]) =>
  ({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } }) as unknown as IncomingMessage;

test('without trusted proxies the peer is the client, whatever it says', () => {
  const trust = parseProxies([]);
  expect(clientAddress(request('192.0.2.1', '10.0.0.1'), trust)).toBe('192.0.2.1');
});

test('behind trusted proxies it is the last address that is none of them', () => {
  const trust = parseProxies(['10.0.0.0/8', '127.0.0.1', 'fd00::/8']);
  expect(clientAddress(request('127.0.0.1', '198.51.100.7'), trust)).toBe('198.51.100.7');
  expect(clientAddress(request('::ffff:127.0.0.1', '198.51.100.7'), trust)).toBe('198.51.100.7');
  expect(clientAddress(request('fd00::1', '198.51.100.7, 10.1.2.3'), trust)).toBe('198.51.100.7');
  expect(clientAddress(request('10.0.0.1', ['198.51.100.7', '10.9.9.9']), trust)).toBe('198.51.100.7');
});

test('what a client writes in front of it counts for nothing', () => {
  const trust = parseProxies(['10.0.0.0/8']);
  expect(clientAddress(request('10.0.0.1', '203.0.113.9, 198.51.100.7'), trust)).toBe('198.51.100.7');
  expect(clientAddress(request('10.0.0.1', '203.0.113.9, nonsense'), trust)).toBe('10.0.0.1');
  expect(clientAddress(request('192.0.2.1', '10.0.0.1'), trust)).toBe('192.0.2.1');
  expect(clientAddress(request('10.0.0.1'), trust)).toBe('10.0.0.1');
});

test('a list that is none is refused', () => {
  for (const text of ['proxy', '10.0.0.0/40', '10.0.0.0/']) {
    expect(() => parseProxies([text]), text).toThrow(expect.objectContaining({ code: 'E_CONFIG' }));
  }
});
