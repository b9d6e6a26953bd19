// Which route needs what: one table, and what is not in it needs `admin`.
import type { Scope } from './auth-identity.ts';

/** `open`: no token. `any`: a token, whatever its scopes. */
export type Access = 'open' | 'any' | Scope;

/** A reader of metrics sees what all owners do together. */
const METRICS = '/metrics';

/**
 * Returns what a route needs, by its pattern (`/v1/streams/:id`). Open are the probes, the API's description (it says
 * nothing of this installation) and the files of the page, which must load before it can ask for a token.
 */
export function accessOf({
  method,
  route,
  query,
  metricsPublic,
}: {
  method: string;
  route: string;
  query: unknown;
  metricsPublic: boolean;
}): Access {
  if (route === METRICS) return metricsPublic ? 'open' : 'admin';
  if (!/^\/v1(\/|$)/.test(route)) return 'open';
  if (route === '/v1/models') return 'any';
  if (/^\/v1\/uploads(\/|$)/.test(route)) return 'submit';
  if (!/^\/v1\/streams(\/|$)/.test(route)) return 'admin';
  // Asking the past reads, whatever the method that carries the question.
  if (method === 'GET' || method === 'HEAD' || route.endsWith('/scores')) return 'subscribe';
  // What is removed is gone for everybody, whoever may stop it.
  return isPurge(query) ? 'admin' : 'submit';
}

function isPurge(query: unknown): boolean {
  return typeof query === 'object' && query !== null && 'purge' in query && query.purge !== 'false';
}
