// Which route needs what.
import { expect, test } from 'vitest';
import { type Access, accessOf } from '../../gateway/auth-access.ts';

const STREAM = '/v1/streams/:id';

test.each<[Access, string, string, object?]>([
  ['open', 'GET', '/healthz'],
  ['open', 'GET', '/readyz'],
  ['open', 'GET', '/docs/json'],
  ['open', 'GET', '/'],
  ['open', 'GET', '/assets/main.js'],
  ['admin', 'GET', '/metrics'],
  ['any', 'GET', '/v1/models'],
  ['submit', 'POST', '/v1/streams'],
  ['subscribe', 'GET', '/v1/streams'],
  ['subscribe', 'GET', STREAM],
  ['subscribe', 'HEAD', STREAM],
  ['submit', 'DELETE', STREAM],
  ['submit', 'DELETE', STREAM, { purge: 'false' }],
  ['admin', 'DELETE', STREAM, { purge: 'true' }],
  ['admin', 'DELETE', STREAM, { purge: ['false', 'true'] }],
  ['subscribe', 'GET', `${STREAM}/labels`],
  ['submit', 'PUT', `${STREAM}/labels`],
  ['subscribe', 'GET', `${STREAM}/actions`],
  ['subscribe', 'GET', `${STREAM}/preview.png`],
  ['subscribe', 'GET', `${STREAM}/scores`],
  ['subscribe', 'POST', `${STREAM}/scores`],
  ['submit', 'POST', '/v1/uploads'],
  ['submit', 'HEAD', '/v1/uploads/resumable/:id'],
  ['submit', 'PATCH', '/v1/uploads/resumable/:id'],
  ['submit', 'DELETE', '/v1/uploads/:id'],
  ['admin', 'GET', '/v1/something-new'],
  ['admin', 'GET', '/v1'],
  ['admin', 'GET', '/v1/streams-of-others'],
])('%s: %s %s', (access, method, route, query = {}) => {
  expect(accessOf({ method, route, query, metricsPublic: false })).toBe(access);
});

test('metrics can be made public', () => {
  expect(accessOf({ method: 'GET', route: '/metrics', query: {}, metricsPublic: true })).toBe('open');
});
