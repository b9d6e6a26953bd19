// Keeps credentials out of everything that is shown: records, events, errors, logs.

const MASK = '***';
const SECRET_NAME =
  '[\\w.%-]*(?:token|secret|passw|pwd|pass|auth|sig|credential|session|jwt|hmac|key|login|user)[\\w.%-]*';
/** `name=value` after a separator. Some cameras want `/user=admin_password=secret_channel=1` in the path. */
const SECRET_PARAMETER = new RegExp(`([?&;#/_]${SECRET_NAME}=)[^&;/\\s'"<>]*`, 'gi');
const AUTHORITY = /([a-z][a-z0-9+.-]*:\/\/)([^\s'"<>]*)/gi;
const ENCODED_USER = /(%3a%2f%2f)[^\s&'"<>]*?%40/gi;
const HEADER = /\b((?:proxy-)?authorization\s*[:=]\s*(?:(?:basic|bearer|digest)\s+)?)[^\s'"]+/gi;

/**
 * Returns `text` with the credentials of every URL in it masked: `user:password@`, and the values of parameters whose
 * names look like tokens, keys or passwords. In doubt it masks too much.
 */
export function redact(text: string): string {
  return text
    .replace(AUTHORITY, (_, scheme: string, rest: string) => scheme + maskUser(rest))
    .replace(ENCODED_USER, `$1${MASK}%40`)
    .replace(SECRET_PARAMETER, `$1${MASK}`)
    .replace(HEADER, `$1${MASK}`);
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
