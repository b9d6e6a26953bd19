// Keeps credentials out of everything that is shown: records, events, errors, logs.
// What is masked is often hostile text (the metadata of a file, a URL), so each step takes time in proportion to its length.

const MASK = '***';
const SECRET_NAME = /token|secret|passw|pwd|pass|auth|sig|credential|session|jwt|hmac|key|login|user/i;
const NAME_CHARACTER = /[\w.%-]/;
/** Longest name of a parameter that is looked at. */
const NAME_MAX = 64;
const END_OF_VALUE = /[&;/\s'"<>]/g;
const AUTHORITY = /([a-z][a-z0-9+.-]{0,30}:\/\/)([^\s'"<>]*)/gi;
const ENCODED_USER = /(%3a%2f%2f)[^\s&'"<>]{0,256}%40/gi;
const HEADER = /\b((?:proxy-)?authorization\s{0,8}[:=]\s{0,8}(?:(?:basic|bearer|digest)\s{1,8})?)[^\s'"]+/gi;

/**
 * Returns `text` with the credentials of every URL in it masked: `user:password@`, and the values of parameters whose
 * names look like tokens, keys or passwords. In doubt it masks too much.
 */
export function redact(text: string): string {
  const withoutUsers = text
    .replace(AUTHORITY, (_, scheme: string, rest: string) => scheme + maskUser(rest))
    .replace(ENCODED_USER, `$1${MASK}%40`);
  return maskParameters(withoutUsers).replace(HEADER, `$1${MASK}`);
}

/**
 * Returns a source as people may see it: the path or URL as it was sent, without credentials and control characters;
 * at most 512 characters.
 */
export function describeSource(source: { path: string } | { url: string } | { upload: string }): string {
  const text = 'upload' in source ? `upload ${source.upload}` : 'url' in source ? source.url : source.path;
  return redact(text).replace(/\p{C}/gu, '?').slice(0, 512);
}

function maskUser(rest: string): string {
  const end = rest.search(/[/?#]/);
  const authority = end === -1 ? rest : rest.slice(0, end);
  if (authority.includes('@')) return MASK + rest.slice(authority.lastIndexOf('@'));
  // `user:pa/ss@host`, with a password that should have been encoded: what follows the colon is no port.
  if (authority.includes(':') && rest.includes('@')) return MASK + rest.slice(rest.lastIndexOf('@'));
  return rest;
}

/** Masks the value behind each `=` that follows a telling name; some cameras want `/user=admin_password=…` in the path. */
function maskParameters(text: string): string {
  let masked = '';
  let done = 0;
  for (let at = text.indexOf('='); at !== -1; at = text.indexOf('=', Math.max(at + 1, done))) {
    let from = at;
    while (from > done && at - from < NAME_MAX && NAME_CHARACTER.test(text[from - 1] ?? '')) from--;
    if (!SECRET_NAME.test(text.slice(from, at))) continue;
    END_OF_VALUE.lastIndex = at;
    const end = END_OF_VALUE.exec(text)?.index ?? text.length;
    masked += `${text.slice(done, at + 1)}${end > at + 1 ? MASK : ''}`;
    done = end;
  }
  return masked + text.slice(done);
}
