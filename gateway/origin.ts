// Which web pages may use the gateway.
import type { IncomingHttpHeaders } from 'node:http';
import ipaddr from 'ipaddr.js';
import { PipelineError } from '../runtime/errors.ts';

/** Returns whether `host` is this machine's loopback: `localhost`, 127.0.0.0/8 or ::1, with or without brackets. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  if (bare === 'localhost') return true;
  return ipaddr.isValid(bare) && ipaddr.process(bare).range() === 'loopback';
}

/**
 * Refuses requests that a foreign web page has made its visitor's browser send. A browser names the page in `Origin`; a
 * page that has pointed its own name at this machine (DNS rebinding) is seen by `Host`. Programs send no `Origin`.
 * `anyHost`: tokens are asked for, so that the gateway may be reached under any name: a page that has brought itself in
 * by one has no token, since browsers do not add them by themselves as they do with cookies.
 * @throws E_ORIGIN_FORBIDDEN
 */
export function checkOrigin(
  headers: IncomingHttpHeaders,
  allowed: readonly string[],
  { anyHost = false }: { anyHost?: boolean } = {},
): void {
  const { origin, host = '' } = headers;
  const hosts = allowed.map((entry) => urlOf(entry)?.host);
  const hostname = urlOf(`http://${host}`)?.hostname ?? '';
  if (!anyHost && !isLoopback(hostname) && !hosts.includes(host)) {
    throw new PipelineError(
      'E_ORIGIN_FORBIDDEN',
      'The gateway listens on loopback only, and was reached under another name. List its address in ALLOWED_ORIGINS.',
    );
  }
  if (origin === undefined || allowed.includes(origin) || urlOf(origin)?.host === host) return;
  throw new PipelineError('E_ORIGIN_FORBIDDEN', `Pages of ${origin} are not listed in ALLOWED_ORIGINS.`);
}

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
