// Static tokens: what is accepted, how they are kept, and how they are taken back.
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { hashToken, newToken, parseTokens } from '../../gateway/tokens.ts';
import { openTokensFile } from '../../gateway/tokens-file.ts';
import { eventually } from '../support/eventually.ts';

const line = (token: string, more: object = {}) =>
  JSON.stringify({ id: 'cam', hash: hashToken(token), scopes: ['submit'], ...more });

test('a token is 256 random bits, and no two are alike', () => {
  const tokens = new Set(Array.from({ length: 200 }, newToken));
  expect(tokens.size).toBe(200);
  for (const token of tokens) {
    expect(token).toMatch(/^vbt_[A-Za-z0-9_-]{43}$/);
    expect(Buffer.from(token.slice(4), 'base64url')).toHaveLength(32);
  }
});

test('only what has 256 bits is hashed: a password would be found from its hash', () => {
  expect(hashToken('0'.repeat(64))).toBe(
    'sha256:60e05bd1b195af2f94112fa7197a5c88289058840ce7c6df9693756bc6250f55',
  );
  for (const text of ['', 'hunter2', 'vbt_short', 'correct horse battery staple', `vbt_${'a'.repeat(44)}`]) {
    expect(() => hashToken(text), text).toThrow(expect.objectContaining({ code: 'E_BAD_REQUEST' }));
  }
});

test('a token is known by its hash alone, with what its line says', () => {
  const [camera, desk] = [newToken(), newToken()];
  const text = `# tokens of the yard\n\n${line(camera, { scopes: ['submit', 'subscribe'], streams: 'own' })}\n${line(desk, { id: 'desk', owner: 'jwt:alice' })}\n`;
  expect(text).not.toContain(camera);
  const table = parseTokens(text);
  expect(table.find(camera)).toMatchObject({ subject: 'token:cam', owner: 'token:cam', ownOnly: true });
  expect([...(table.find(camera)?.scopes ?? [])]).toEqual(['submit', 'subscribe']);
  expect(table.find(desk)).toMatchObject({ subject: 'token:desk', owner: 'jwt:alice', ownOnly: false });
  for (const wrong of [newToken(), '', camera.slice(0, -1), camera.toUpperCase(), hashToken(camera)]) {
    expect(table.find(wrong), wrong).toBeUndefined();
  }
});

test('every line that is not usable is named, and none is quoted', () => {
  const [a, b] = [newToken(), newToken()];
  const text = [
    line(a),
    a,
    line(a, { id: 'double' }),
    line(b, { scopes: ['root'] }),
    line(b, { scopes: ['admin'], streams: 'own' }),
    line(b, { colour: 'red' }),
    JSON.stringify({ id: 'plain', hash: b, scopes: ['submit'] }),
  ].join('\n');
  const failure = (() => {
    try {
      parseTokens(text);
      return '';
    } catch (error) {
      return String(error);
    }
  })();
  for (const i of [2, 3, 4, 5, 6, 7]) expect(failure).toContain(`line ${i}:`);
  expect(failure).not.toContain('line 1:');
  expect(failure).not.toContain(a);
  expect(failure).not.toContain(b);
});

test('a token that is taken out of the list, or whose line changes, is revoked; others stay who they are', () => {
  const [gone, changed, kept] = [newToken(), newToken(), newToken()];
  const before = parseTokens(
    [line(gone, { id: 'gone' }), line(changed, { id: 'changed' }), line(kept)].join('\n'),
  );
  const [one, two, three] = [before.find(gone), before.find(changed), before.find(kept)];
  const after = parseTokens(
    [line(changed, { id: 'changed', scopes: ['admin'] }), line(kept)].join('\n'),
    before,
  );
  expect([one, two, three].map((identity) => identity?.isRevoked())).toEqual([true, true, false]);
  expect(after.find(gone)).toBeUndefined();
  expect(after.find(kept)).toBe(three);
  expect(after.find(changed)?.isRevoked()).toBe(false);
});

test('the tokens file is read again when it changes, and an unusable change is told and ignored', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'verbcast-tokens-'));
  const file = join(directory, 'tokens');
  const [first, second] = [newToken(), newToken()];
  await writeFile(file, `${line(first)}\n`);
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (text: string) => lines.push(text) });
  const tokens = openTokensFile(file, { log, checkMs: 20 });
  const identity = tokens.find(first);
  expect(identity?.subject).toBe('token:cam');
  expect(tokens.find(second)).toBeUndefined();

  await appendFile(file, `${line(second, { id: 'new' })}\n`);
  await eventually('the new token is known', () => tokens.find(second));
  expect(tokens.find(first)).toBe(identity);

  await writeFile(file, 'not json\n');
  await eventually('the fault is told', () => lines.some((text) => text.includes('line 1')));
  expect(tokens.find(second)?.subject).toBe('token:new');
  await rm(file);
  await eventually('its absence is told', () => lines.some((text) => text.includes('readable file')));
  expect(identity?.isRevoked()).toBe(false);

  await writeFile(file, '');
  await eventually('nobody is let in', () => identity?.isRevoked());
  expect(tokens.find(first)).toBeUndefined();
  expect(lines.join('')).not.toMatch(/vbt_/);
  await tokens.close();
  await rm(directory, { recursive: true });
});
