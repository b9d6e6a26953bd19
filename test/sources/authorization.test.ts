// Logins: the examples of the RFCs, and what cameras send.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createAuthorizer } from '../../sources/authorization.ts';

const USER = { user: 'Mufasa', password: 'Circle Of Life' };
const field = (header: string | undefined, name: string) =>
  new RegExp(`[ ,]${name}="?([^",]*)"?`).exec(header ?? '')?.[1];
const md5 = (text: string) => createHash('md5').update(text).digest('hex');

describe('a login', () => {
  it('tells nothing before it is asked, and nothing without credentials', () => {
    expect(createAuthorizer(USER).header('GET', '/')).toBeUndefined();
    const none = createAuthorizer(null);
    expect(none.challenge(['Basic realm="x"'])).toBe(false);
    expect(none.header('GET', '/')).toBeUndefined();
  });

  it('answers Basic once: the same question again means that the answer was wrong', () => {
    const authorizer = createAuthorizer({ user: 'Aladdin', password: 'open sesame' });
    expect(authorizer.challenge(['Basic realm="WallyWorld"'])).toBe(true);
    expect(authorizer.header('GET', '/')).toBe('Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==');
    expect(authorizer.challenge(['Basic realm="WallyWorld"'])).toBe(false);
  });

  it('answers Digest as old cameras ask, without qop', () => {
    const authorizer = createAuthorizer({ user: 'admin', password: '12345' });
    expect(authorizer.challenge(['Digest realm="IP Camera(23435)", nonce="abc", stale="FALSE"'])).toBe(true);
    const header = authorizer.header('DESCRIBE', 'rtsp://10.0.0.1:554/1');
    const expected = md5(
      `${md5('admin:IP Camera(23435):12345')}:abc:${md5('DESCRIBE:rtsp://10.0.0.1:554/1')}`,
    );
    expect(field(header, 'response')).toBe(expected);
    expect(field(header, 'uri')).toBe('rtsp://10.0.0.1:554/1');
    expect(header).not.toContain('qop');
  });

  it.each([
    ['MD5', 'md5'],
    ['SHA-256', 'sha256'],
  ])('answers Digest with qop=auth: %s', (algorithm, name) => {
    const authorizer = createAuthorizer(USER);
    const challenge = `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`;
    expect(authorizer.challenge([challenge])).toBe(true);
    for (const nc of ['00000001', '00000002']) {
      const header = authorizer.header('GET', '/dir/index.html');
      const hash = (text: string) => createHash(name).update(text).digest('hex');
      const expected = hash(
        `${hash('Mufasa:http-auth@example.org:Circle Of Life')}:${field(header, 'nonce')}:${nc}:${field(header, 'cnonce')}:auth:${hash('GET:/dir/index.html')}`,
      );
      expect(field(header, 'nc')).toBe(nc);
      expect(field(header, 'opaque')).toBe('FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS');
      expect(field(header, 'response')).toBe(expected);
    }
  });

  it('prefers Digest to Basic, and the stronger Digest', () => {
    const authorizer = createAuthorizer(USER);
    authorizer.challenge([
      'Basic realm="x"',
      'Digest realm="x", nonce="1", algorithm=MD5',
      'Digest realm="x", nonce="2", algorithm=SHA-256',
    ]);
    expect(field(authorizer.header('GET', '/'), 'nonce')).toBe('2');
  });

  it('goes on with a new nonce when the old one is stale, and gives up when the answer was wrong', () => {
    const authorizer = createAuthorizer(USER);
    expect(authorizer.challenge(['Digest realm="x", nonce="1"'])).toBe(true);
    expect(authorizer.challenge(['Digest realm="x", nonce="2", stale=true'])).toBe(true);
    expect(authorizer.challenge(['Digest realm="x", nonce="2", stale=true'])).toBe(false);
    expect(authorizer.challenge(['Digest realm="x", nonce="3"'])).toBe(false);
  });

  it('does not answer what it does not know', () => {
    const authorizer = createAuthorizer(USER);
    for (const challenge of [
      'Negotiate',
      'Digest realm="x"',
      'Digest realm="x", nonce="1", algorithm=MD5-sess',
      'Digest realm="x", nonce="1", qop="auth-int"',
    ])
      expect(authorizer.challenge([challenge])).toBe(false);
  });
});
