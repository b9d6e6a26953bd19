// The answers that a route may give, for the OpenAPI document.
import type { z } from 'zod';
import { Problem } from '../protocol/rest.ts';

const MEANING = {
  400: 'The request or its labels are not usable.',
  401: 'A valid token is needed.',
  403: 'Not allowed.',
  404: 'There is no such thing.',
  408: 'The body came too slowly or stopped.',
  409: 'The stream is in the wrong state for this.',
  413: 'The body is too large.',
  422: 'The source cannot be used.',
  429: 'Too many requests.',
  502: 'The source cannot be reached.',
  503: 'Redis or a worker is away; try again.',
  507: 'The disk quota for uploads is used up.',
} as const;

type Status = keyof typeof MEANING;
type Failure = { description: string; content: { 'application/problem+json': { schema: typeof Problem } } };

/** Returns the `response` entry of a JSON answer. */
export function answer<S extends z.ZodType>(description: string, schema: S) {
  return { description, content: { 'application/json': { schema } } };
}

/** Returns the `response` entries of these statuses: each a problem with a code of the error table. */
export function failures<S extends Status>(...statuses: S[]): Record<S, Failure> {
  const entries = statuses.map((status): [S, Failure] => [
    status,
    { description: MEANING[status], content: { 'application/problem+json': { schema: Problem } } },
  ]);
  return Object.fromEntries(entries) as Record<S, Failure>;
}
