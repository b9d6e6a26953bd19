// The line of the tokens file that the command line prints is one that the gateway takes.
import { expect, test } from 'vitest';
import { lineOf } from '../../cli/token.ts';
import { newToken, parseTokens } from '../../gateway/tokens.ts';

test('a line lets its token in, with its scopes, its name and its limits, and does not hold it', () => {
  const token = newToken();
  const line = lineOf(token, { scopes: 'submit, subscribe', own: true, id: 'yard', owner: 'jwt:alice' });
  expect(line).not.toContain(token);
  expect(parseTokens(line).find(token)).toMatchObject({
    subject: 'token:yard',
    scopes: new Set(['submit', 'subscribe']),
    owner: 'jwt:alice',
    ownOnly: true,
  });
  expect(parseTokens(lineOf(token, { scopes: 'admin' })).find(token)).toMatchObject({ ownOnly: false });
});

test('two lines without a name do not get in each other’s way', () => {
  const lines = Array.from({ length: 50 }, () => lineOf(newToken(), { scopes: 'submit' }));
  expect(parseTokens(lines.join('\n')).identities).toHaveLength(50);
});

test('what would not be taken is not printed', () => {
  for (const options of [
    { scopes: 'root' },
    { scopes: '' },
    { scopes: 'admin', own: true },
    { scopes: 'submit', id: 'two words' },
    { scopes: 'submit', owner: '' },
  ]) {
    expect(() => lineOf(newToken(), options), JSON.stringify(options)).toThrow(
      expect.objectContaining({ code: 'E_BAD_REQUEST' }),
    );
  }
  expect(() => lineOf('hunter2', { scopes: 'submit' })).toThrow('256 random bits');
});
