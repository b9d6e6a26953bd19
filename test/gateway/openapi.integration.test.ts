// The OpenAPI document at /docs: it passes a foreign linter, and the answers of the gateway are what it promises.
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GatewaySandbox, openGatewaySandbox } from './gateway-sandbox.ts';

interface Document {
  paths: Record<string, Record<string, { operationId: string; responses: Record<string, unknown> }>>;
}

let box: GatewaySandbox;
let source: string;
let document: Document;
beforeAll(async () => {
  box = await openGatewaySandbox();
  source = await (await fetch(`${box.gateway.url}/docs/json`)).text();
  document = JSON.parse(source);
});
afterAll(() => box.close());

test('the linter finds nothing, not even a warning', async () => {
  const config = await createConfig({ extends: ['recommended'] });
  const problems = await lintFromString({ source, config, absoluteRef: '/openapi.json' });
  const told = problems.map(
    ({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`,
  );
  expect(told).toEqual([]);
});

test('every route is described, with its refusals as problems', async () => {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  expect(operations.sort()).toMatchInlineSnapshot(`
    [
      "delete /v1/streams/{id}",
      "delete /v1/uploads/{id}",
      "get /healthz",
      "get /metrics",
      "get /readyz",
      "get /v1/models",
      "get /v1/streams",
      "get /v1/streams/{id}",
      "get /v1/streams/{id}/actions",
      "get /v1/streams/{id}/labels",
      "get /v1/streams/{id}/preview.png",
      "get /v1/streams/{id}/scores",
      "post /v1/streams",
      "post /v1/streams/{id}/scores",
      "post /v1/uploads",
      "put /v1/streams/{id}/labels",
    ]
  `);
  expect(source).toContain('#/components/schemas/Problem');
});

test('answers, good and bad, have the promised shape', async () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema(document, 'api');
  const check = async (method: string, template: string, path: string, body?: unknown) => {
    const response = await fetch(box.gateway.url + path, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const type = response.headers.get('content-type')?.split(';')[0] ?? '';
    const encode = (part: string) => part.replaceAll('~', '~0').replaceAll('/', '~1');
    const pointer = [
      'paths',
      template,
      method.toLowerCase(),
      'responses',
      String(response.status),
      'content',
      type,
    ];
    const validate = ajv.compile({
      $ref: `api#/${[...pointer, 'schema'].map(encode).map(encodeURI).join('/')}`,
    });
    const answer = (await response.json()) as { id: string };
    expect(validate(answer), `${method} ${path} ${JSON.stringify(validate.errors)}`).toBe(true);
    return answer;
  };
  const streams = '/v1/streams';
  const one = '/v1/streams/{id}';
  const { id } = await check('POST', streams, streams, { source: { path: 'clip.mp4' }, labels: ['waving'] });
  await check('POST', streams, streams, { labels: [] });
  await check('POST', streams, streams, { source: { path: 'none.mp4' }, labels: ['waving'] });
  await check('GET', streams, streams);
  await check('GET', one, `/v1/streams/${id}`);
  await check('GET', one, '/v1/streams/st_00000000');
  await check('GET', `${one}/labels`, `/v1/streams/${id}/labels`);
  await check('PUT', `${one}/labels`, `/v1/streams/${id}/labels`, { labels: ['bowing'] });
  await check('DELETE', one, `/v1/streams/${id}?purge=true`);
  const action = { id: 'ac_1', label: 'waving', start: 1, score: 0.8, peak: 0.9 };
  await box.append(id, [{ type: 'action.started', media: 2, action }]);
  await check('GET', `${one}/actions`, `/v1/streams/${id}/actions`);
  // Nobody holds the stream: it is over with the stop.
  await check('DELETE', one, `/v1/streams/${id}`);
  await check('PUT', `${one}/labels`, `/v1/streams/${id}/labels`, { labels: ['bowing'] });
  await check('DELETE', one, `/v1/streams/${id}`);
  await check('GET', '/v1/models', '/v1/models');
  await check('GET', '/readyz', '/readyz');
});

test('the page that shows it is served without anything of another host', async () => {
  const page = await fetch(`${box.gateway.url}/docs/`);
  expect(page.status).toBe(200);
  expect(page.headers.get('content-security-policy')).not.toMatch(/https?:|unsafe-inline/);
});
