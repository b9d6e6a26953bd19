// client ═══ REST ═══▶ gateway: no route without its token, its scope and its owner.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { PipelineError } from '../runtime/errors.ts';
import type { Authenticator } from './auth.ts';
import { type Access, accessOf } from './auth-access.ts';
import { ANYBODY, type Identity, requireScope, TokenRefused } from './auth-identity.ts';
import { requireOwnStream } from './auth-ownership.ts';
import type { GatewayConfig } from './config.ts';
import type { StreamHome } from './stream-creation.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; {@link ANYBODY} on open routes and without authentication. */
    identity: Identity;
  }
}

const StreamRoute = z.object({ id: z.string() });

/**
 * Guards every route of `app`, those that are added later too: by {@link accessOf}, and those under `/v1/streams/:id` by
 * the stream's owner. Set before the body is read.
 */
export function guardRoutes(
  app: FastifyInstance,
  { auth, config, ...home }: StreamHome & { auth: Authenticator; config: GatewayConfig },
): void {
  app.decorateRequest('identity');
  app.addHook('onRequest', async (request, reply) => {
    request.identity = ANYBODY;
    if (!auth.isOn || request.is404) return;
    const { method, query, routeOptions } = request;
    const { url: route = '' } = routeOptions;
    const access = accessOf({ method, route, query, metricsPublic: config.METRICS_PUBLIC });
    if (access === 'open') return;
    try {
      request.identity = await auth.authenticate(bearerToken(request), request.ip);
      if (access !== 'any') requireScope(request.identity, access);
    } catch (error) {
      challenge(reply, error, access);
      throw error;
    }
  });
  app.addHook('preHandler', async (request) => {
    if (!request.identity.ownOnly || !request.routeOptions.url?.startsWith('/v1/streams/:id')) return;
    await requireOwnStream(home, request.identity, StreamRoute.parse(request.params).id);
  });
}

/** Returns the token of `Authorization: Bearer …`. Query strings are not looked at: they end up in logs. */
export function bearerToken({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined {
  return /^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
}

/** RFC 6750, 3: what the client must send instead. */
function challenge(reply: FastifyReply, error: unknown, access: Access): void {
  const realm = 'Bearer realm="verbcast"';
  if (error instanceof TokenRefused) {
    reply.header('www-authenticate', error.reason === 'missing' ? realm : `${realm}, error="invalid_token"`);
  } else if (error instanceof PipelineError && error.code === 'E_FORBIDDEN') {
    reply.header('www-authenticate', `${realm}, error="insufficient_scope", scope="${access}"`);
  } else if (error instanceof PipelineError && error.code === 'E_TOO_MANY_REQUESTS') {
    reply.header('retry-after', String(error.facts.waitSeconds));
  }
}
