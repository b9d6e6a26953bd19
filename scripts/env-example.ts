// config schemas → .env.example. Run it after a change of a schema: npx tsx scripts/env-example.ts
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { CliConfigSchema } from '../cli/config.ts';
import { GatewayConfigSchema } from '../gateway/config.ts';
import { IngestConfigSchema } from '../ingest/config.ts';
import { WorkerConfigSchema } from '../worker/config.ts';

export const ENV_EXAMPLE = join(import.meta.dirname, '../.env.example');

/** Every config schema by the service that reads it. */
export const SCHEMAS = {
  gateway: GatewayConfigSchema,
  ingest: IngestConfigSchema,
  worker: WorkerConfigSchema,
  'command line': CliConfigSchema,
};
type Reader = keyof typeof SCHEMAS;
const COMMAND_LINE: Reader = 'command line';
/** Every variable is described: one that is not fails here. */
const Property = z.object({ description: z.string(), default: z.union([z.string(), z.number()]).optional() });

const HEAD = `# The manual of Verbcast's environment: every variable, what it does, and its default.
# Copy this file to .env, uncomment and change what you need. Variables of the environment itself win over .env.
# An empty variable counts as unset. Written by scripts/env-example.ts from the schemas in */config.ts.
`;
const LINE_CHARACTERS = 110;

interface Variable {
  readonly name: string;
  /** What it does, by who reads it. */
  readonly meanings: Map<Reader, string>;
  readonly fallback: string;
}

/** Returns the text of `.env.example`: variables by who reads them, each with its description and its default. */
export function renderEnvExample(): string {
  const sections = new Map<string, Variable[]>();
  for (const variable of readVariables()) {
    const title = titleOf([...variable.meanings.keys()]);
    sections.set(title, [...(sections.get(title) ?? []), variable]);
  }
  const texts = [...sections].map(([title, members]) => `## ${title}\n\n${members.map(render).join('\n')}`);
  return `${HEAD}\n${texts.join('\n')}`;
}

function readVariables(): Variable[] {
  const variables = new Map<string, Variable>();
  for (const reader of Object.keys(SCHEMAS) as Reader[]) {
    // The input side: what the environment may say, before it is transformed.
    const { properties = {} } = z.toJSONSchema(SCHEMAS[reader], { io: 'input' });
    for (const [name, property] of Object.entries(properties)) {
      const { description, default: fallback = '' } = Property.parse(property);
      const variable = variables.get(name) ?? { name, meanings: new Map(), fallback: String(fallback) };
      variables.set(name, variable);
      variable.meanings.set(reader, description);
    }
  }
  return [...variables.values()];
}

function titleOf(readers: readonly Reader[]): string {
  const services = readers.filter((reader) => reader !== COMMAND_LINE);
  if (services.length === Object.keys(SCHEMAS).length - 1) return 'Every service';
  const names = (services.length > 0 ? services : readers).join(' and ');
  return names.charAt(0).toUpperCase() + names.slice(1);
}

function render({ name, meanings, fallback }: Variable): string {
  const differ = new Set(meanings.values()).size > 1;
  const texts = [...meanings].map(([reader, text]) => wrap(differ ? `${reader}: ${text}` : text));
  return `${[...new Set(texts)].join('\n')}\n#${name}=${fallback}\n`;
}

function wrap(text: string): string {
  const lines = ['#'];
  for (const word of text.split(/\s+/)) {
    const line = `${lines.at(-1)} ${word}`;
    if (line.length > LINE_CHARACTERS) lines.push(`# ${word}`);
    else lines[lines.length - 1] = line;
  }
  return lines.join('\n');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  writeFileSync(ENV_EXAMPLE, renderEnvExample());
