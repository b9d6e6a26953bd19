// What each route needs, in the OpenAPI document.
import type { SwaggerTransform } from '@fastify/swagger';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { failures } from './answers.ts';
import { accessOf } from './auth-access.ts';

/** The entry of `components.securitySchemes`. */
export const SECURITY_SCHEMES = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description:
      'A static token or a JWT, where the gateway is set up to ask for one (docs/security.md). Scopes: `submit` creates, stops, relabels and uploads; `subscribe` reads, watches and asks; `admin` may do everything.',
  },
} as const;

/** Describes a route with the scope that it needs, and with how it refuses a request that has none. */
export const describeRoute: SwaggerTransform = (input) => {
  const { schema, url, route } = input;
  const method = [route.method].flat()[0] ?? 'GET';
  const access = accessOf({ method, route: url, query: {}, metricsPublic: false });
  if (!schema || access === 'open') return jsonSchemaTransform(input);
  const responses = { ...failures(401, 403, 429), ...Object(schema.response) };
  const described = jsonSchemaTransform({ ...input, schema: { ...schema, response: responses } });
  // With the scope, or without anything where no token is asked for.
  const security = [{ bearer: access === 'any' ? [] : [access] }, {}];
  return { ...described, schema: { ...described.schema, security } };
};
