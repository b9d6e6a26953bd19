// The rules of ARCHITECTURE.md that a program can hold.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { ERRORS } from '../runtime/errors.ts';

const ROOT = join(import.meta.dirname, '..');
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(ROOT, file)));
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const sources = tracked.filter((file) => /\.tsx?$/.test(file));
const room = (file: string) => (file.includes('/') ? file.split('/')[0] : '') ?? '';

/** What each room may import beside itself. Rooms that are not named (cli, bench, test) may import anything. */
const IMPORTS: Record<string, { rooms: string[]; packages?: RegExp }> = {
  protocol: { rooms: [], packages: /^(zod|node:crypto)$/ },
  runtime: { rooms: [] },
  sources: { rooms: ['runtime'] },
  models: { rooms: ['runtime'] },
  ingest: { rooms: ['protocol', 'runtime', 'sources'] },
  gateway: { rooms: ['protocol', 'runtime', 'sources'] },
  worker: { rooms: ['protocol', 'runtime', 'models'] },
  evaluation: { rooms: ['protocol', 'runtime', 'models', 'ingest', 'worker'] },
  client: { rooms: ['protocol'], packages: /^zod$/ },
  // The page explains error codes in the words of docs/errors.md.
  web: { rooms: ['client', 'protocol', 'docs'] },
};

/** Things that one place alone may do. */
const ONLY: { what: string; pattern: RegExp; where: RegExp }[] = [
  {
    what: 'spawns processes',
    pattern: /node:child_process/,
    where: /^(ingest\/decoder[\w-]*\.ts|cli\/|bench\/|test\/)/,
  },
  { what: 'touches onnxruntime', pattern: /'onnxruntime-node'/, where: /^(models\/|bench\/|test\/)/ },
  {
    what: 'touches fluent-ffmpeg',
    pattern: /'fluent-ffmpeg'/,
    where: /^(ingest\/decoder-arguments\.ts|test\/)/,
  },
  { what: 'opens Redis connections', pattern: /'ioredis'/, where: /^(runtime\/redis\.ts|test\/)/ },
  {
    what: 'reads the environment',
    pattern: /process\.env/,
    where: /^([a-z]+\/config\.ts|cli\/|bench\/|test\/|vitest\.config\.ts)/,
  },
];

interface Import {
  readonly file: string;
  readonly specifier: string;
  readonly target: string | undefined;
}

const imports: Import[] = sources.flatMap((file) =>
  [...read(file).matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, specifier = '']) => ({
    file,
    specifier,
    target: specifier.startsWith('.') ? relative(ROOT, join(ROOT, dirname(file), specifier)) : undefined,
  })),
);

test('each room imports only what its place in the flow allows', () => {
  const wrong = imports.filter(({ file, specifier, target }) => {
    const allowed = IMPORTS[room(file)];
    if (!allowed) return false;
    if (target !== undefined) return room(target) !== room(file) && !allowed.rooms.includes(room(target));
    return allowed.packages !== undefined && !allowed.packages.test(specifier);
  });
  expect(wrong.map(({ file, specifier }) => `${file} → ${specifier}`)).toEqual([]);
});

test.each(ONLY)('only its own place $what', ({ pattern, where }) => {
  const wrong = sources.filter((file) => !where.test(file) && pattern.test(read(file)));
  expect(wrong).toEqual([]);
});

test('no source file imports itself through others', () => {
  const edges = new Map<string, string[]>();
  for (const { file, target } of imports) if (target) edges.set(file, [...(edges.get(file) ?? []), target]);
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, path: readonly string[]) => {
    if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' → '));
    if (done.has(file) || path.includes(file)) return;
    for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of edges.keys()) visit(file, []);
  // Types alone may go round: they are gone when the program runs.
  expect(cycles.filter((cycle) => !isTypeOnly(cycle))).toEqual([]);
});

function isTypeOnly(cycle: string): boolean {
  const files = cycle.split(' → ');
  return files.slice(1).some((target, i) => {
    const file = files[i] ?? '';
    const name = target.split('/').at(-1) ?? '';
    const statements =
      read(file).match(new RegExp(`(import|export)[^;]*/${name.replace('.', '\\.')}'`, 'g')) ?? [];
    return statements.every((statement) => /^(import|export) type/.test(statement));
  });
}

test('a source file holds one concept: 300 lines at the most', () => {
  const long = sources
    .map((file) => [file, read(file).split('\n').length - 1] as const)
    .filter(([, lines]) => lines > 300);
  expect(long).toEqual([]);
});

test('file names are kebab-case and name a concept', () => {
  const drawers = /(^|\/)(index|utils?|helpers?|common|types|misc|manager)\.tsx?$/;
  const odd = sources.filter((file) => drawers.test(file) || !/^[a-z0-9./-]+$/.test(file));
  expect(odd).toEqual([]);
});

test('docs/errors.md lists every code with its traits', () => {
  const rows = [
    ...read('docs/errors.md').matchAll(/^\| (E_\w+) +\| (\d+) +\| (\d+) +\| (yes|no) +\| .+ \|$/gm),
  ];
  const documented = rows.map(([, code, http, ws, retry]) => ({
    code,
    http: Number(http),
    ws: Number(ws),
    retry,
  }));
  const actual = Object.entries(ERRORS).map(([code, { httpStatus, wsClose, retryable }]) => ({
    code,
    http: httpStatus,
    ws: wsClose,
    retry: retryable ? 'yes' : 'no',
  }));
  expect(documented).toEqual(actual);
});

test('every error code is used', () => {
  const code = sources
    .filter((file) => room(file) !== 'test' && file !== 'runtime/errors.ts')
    .map(read)
    .join('\n');
  expect(Object.keys(ERRORS).filter((name) => !code.includes(`'${name}'`))).toEqual([]);
});

test('nothing large, generated or third-party is tracked', () => {
  const large = tracked.filter(
    (file) => !file.startsWith('models/pocket/') && readFileSync(join(ROOT, file)).length > 1_000_000,
  );
  expect(large).toEqual([]);
  expect(tracked.filter((file) => file.endsWith('.onnx') && !file.startsWith('models/pocket/'))).toEqual([]);
});

test('the commands that README names exist', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const named = [...read('README.md').matchAll(/npm (?:run )?([a-z:]+)/g)].map(([, name = '']) => name);
  const builtIn = new Set(['run', 'ci', 'install', 'rebuild']);
  expect(named.filter((name) => !builtIn.has(name) && !(name in scripts))).toEqual([]);
});
