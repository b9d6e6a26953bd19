// Which web pages may use the gateway.
import { expect, test } from 'vitest';
import { checkOrigin, isLoopback } from '../../gateway/origin.ts';

const refused = { code: 'E_ORIGIN_FORBIDDEN' };

test('loopback is known in every spelling', () => {
  for (const host of ['127.0.0.1', '127.8.9.1', '::1', '[::1]', 'localhost', '::ffff:127.0.0.1']) {
    expect(isLoopback(host), host).toBe(true);
  }
  for (const host of ['0.0.0.0', '::', '192.168.1.2', 'example.org', 'localhost.example.org', '']) {
    expect(isLoopback(host), host).toBe(false);
  }
});

test('programs and the own page pass', () => {
  checkOrigin({ host: '127.0.0.1:8787' }, []);
  checkOrigin({ host: 'localhost:8787', origin: 'http://localhost:8787' }, []);
});

test('foreign pages are refused, whatever they call themselves', () => {
  for (const origin of [
    'https://evil.example',
    'null',
    'http://127.0.0.1:9999',
    'http://localhost:8787.evil.example',
  ]) {
    expect(() => checkOrigin({ host: 'localhost:8787', origin }, []), origin).toThrow(
      expect.objectContaining(refused),
    );
  }
});

test('a page that has its own name point at this machine is refused', () => {
  const rebound = { host: 'evil.example:8787', origin: 'http://evil.example:8787' };
  expect(() => checkOrigin(rebound, [])).toThrow(expect.objectContaining(refused));
  expect(() => checkOrigin({ host: 'evil.example:8787' }, [])).toThrow(expect.objectContaining(refused));
});

test('listed origins pass, themselves and behind a proxy of their name', () => {
  const allowed = ['https://cams.example.org'];
  checkOrigin({ host: '127.0.0.1:8787', origin: 'https://cams.example.org' }, allowed);
  checkOrigin({ host: 'cams.example.org', origin: 'https://cams.example.org' }, allowed);
  expect(() => checkOrigin({ host: '127.0.0.1:8787', origin: 'http://cams.example.org' }, allowed)).toThrow(
    expect.objectContaining(refused),
  );
});

test('where tokens are asked for, any name will do, and still no foreign page', () => {
  const headers = { host: 'cams.example.org' };
  checkOrigin(headers, [], { anyHost: true });
  checkOrigin({ ...headers, origin: 'https://cams.example.org' }, [], { anyHost: true });
  for (const origin of ['https://evil.example', 'null', 'https://cams.example.org.evil.example']) {
    expect(() => checkOrigin({ ...headers, origin }, [], { anyHost: true }), origin).toThrow(
      expect.objectContaining(refused),
    );
  }
});
