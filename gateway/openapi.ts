// The OpenAPI document at /docs: the routes, and the protocol's schemas under their names, with examples.
import swagger, { type SwaggerTransformObject } from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { Label, LabelInput, LabelSet, LabelSetInput, Thresholds } from '../protocol/labels.ts';
import { ServedModel } from '../protocol/model.ts';
import {
  ActionList,
  ActionSpan,
  LabelsVersion,
  ModelList,
  Problem,
  StreamPage,
  Upload,
} from '../protocol/rest.ts';
import { CreateStream, Source, StreamOptions, StreamRecord } from '../protocol/stream.ts';
import { describeRoute, SECURITY_SCHEMES } from './auth-openapi.ts';

const LABELS_EXAMPLE = [
  'playing guitar',
  { name: 'fall', prompts: ['a person falling down'], not: ['a person lying in bed'], threshold: 0.6 },
];

const THRESHOLDS_EXAMPLE = { on: 0.5, off: 0.3, minOnSeconds: 1, minOffSeconds: 1 };

/** The framework names what is sent after what is stored, with `Input` behind it; no name here may end in that. */
const NAMED = {
  ActionList,
  ActionSpan,
  CreateStream,
  Label,
  LabelDraft: LabelInput,
  LabelSet,
  LabelSetDraft: LabelSetInput,
  LabelsVersion,
  ModelList,
  Problem,
  ServedModel,
  Source,
  StreamOptions,
  StreamPage,
  StreamRecord,
  Thresholds,
  Upload,
};

// Shown for both forms of a schema: what may be left out is there, as a strict reader of the stored form wants it.
const EXAMPLES: { [K in keyof typeof NAMED]?: unknown } = {
  CreateStream: {
    source: { path: 'clips/game.mp4' },
    labels: LABELS_EXAMPLE,
    templates: 'action',
    thresholds: THRESHOLDS_EXAMPLE,
    options: { model: 'pocket', sampleFps: 2, poolSeconds: 3 },
  },
  LabelSetDraft: { labels: LABELS_EXAMPLE, templates: 'action', thresholds: THRESHOLDS_EXAMPLE },
  ActionSpan: { id: 'ac_1', label: 'playing guitar', start: 1.5, end: 7, peak: 0.93 },
  Problem: {
    type: 'urn:verbcast:error:E_SOURCE_NOT_FOUND',
    title: 'The source does not exist',
    status: 404,
    code: 'E_SOURCE_NOT_FOUND',
    detail: 'There is no such file in the allowed directories.',
    retry: false,
  },
};

/** Gives the schemas their names. Doing it again changes nothing. */
function nameSchemas(): void {
  for (const [id, schema] of Object.entries(NAMED)) {
    const example = EXAMPLES[id as keyof typeof NAMED];
    const described = z.globalRegistry.get(schema);
    z.globalRegistry.add(schema, { ...described, id, ...(example ? { examples: [example] } : {}) });
  }
}

/** Returns those of `schemas` that `document` refers to, or that one of those refers to. */
function usedSchemas(document: unknown, schemas: object): Record<string, unknown> {
  let used: Record<string, unknown> = {};
  let text = JSON.stringify(document);
  for (let found = -1; found !== Object.keys(used).length; text = JSON.stringify([document, used])) {
    found = Object.keys(used).length;
    const isUsed = ([name]: [string, unknown]) => text.includes(`"#/components/schemas/${name}"`);
    used = Object.fromEntries(Object.entries(schemas).filter(isUsed));
  }
  return used;
}

/** The part of the document that does not come from routes. */
const OPENAPI = {
  openapi: '3.1.0',
  info: {
    title: 'Verbcast',
    version: '1.0.0',
    description:
      'Submit a video or a camera with the actions that matter, in plain words; read what happened. Live labels come over the WebSocket `/v1/ws`, which docs/asyncapi.yaml describes.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: '/', description: 'This gateway.' }],
  tags: [
    { name: 'streams', description: 'Submitted videos.' },
    { name: 'uploads', description: 'Files that the gateway keeps for a while.' },
    { name: 'models', description: 'What live workers serve.' },
    { name: 'operations', description: 'For probes and scrapers.' },
  ],
  security: [],
  components: { securitySchemes: SECURITY_SCHEMES },
};

/** The body of `POST /v1/uploads`, which no schema parses. */
const UPLOAD_BODY = {
  required: true,
  content: {
    'application/octet-stream': { schema: { type: 'string', format: 'binary' } },
    'multipart/form-data': {
      schema: { type: 'object', properties: { file: { type: 'string', format: 'binary' } } },
    },
  },
} as const;

/** Adds the named schemas that are in use: what is only ever sent has no received form, and the other way round. */
const completeDocument: SwaggerTransformObject = (document) => {
  if (!('openapiObject' in document)) return document.swaggerObject;
  const whole = jsonSchemaTransformObject(document);
  const { paths } = document.openapiObject;
  const upload = paths?.['/v1/uploads']?.post;
  if (upload) Object.assign(upload, { requestBody: UPLOAD_BODY });
  const all = ('components' in whole && whole.components?.schemas) || {};
  const components = { ...document.openapiObject.components, schemas: usedSchemas(paths, all) };
  return { ...document.openapiObject, components } as typeof whole;
};

/** Serves the document of the routes that are added after this, and a page that shows it. */
export async function documentApi(app: FastifyInstance): Promise<void> {
  nameSchemas();
  await app.register(swagger, {
    openapi: OPENAPI,
    transform: describeRoute,
    transformObject: completeDocument,
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    // As it comes, it lets in styles and fonts from anywhere and has a third party look at the document.
    transformStaticCSP: (header) =>
      header.replace(/ https:|upgrade-insecure-requests;| validator\.swagger\.io/g, ''),
    uiConfig: { validatorUrl: null },
  });
}
