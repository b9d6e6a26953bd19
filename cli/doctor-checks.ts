// What `verbcast doctor` looks at. A check never throws: what goes wrong is a finding.
import { execFile } from 'node:child_process';
import { mkdir, statfs } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { loadGatewayConfig } from '../gateway/config.ts';
import { loadIngestConfig } from '../ingest/config.ts';
import { findFfmpeg } from '../ingest/ffmpeg-path.ts';
import { providerReport } from '../models/provider.ts';
import { resolveModel } from '../models/store.ts';
import { verifyModel } from '../models/verify.ts';
import type { Environment } from '../runtime/config.ts';
import { toPipelineError } from '../runtime/errors.ts';
import { createLog } from '../runtime/log.ts';
import { closeRedis, openRedis } from '../runtime/redis.ts';
import { redact } from '../sources/redaction.ts';
import { loadWorkerConfig } from '../worker/config.ts';
import { loadCliConfig } from './config.ts';
import { PULL_REAL_CLIP } from './model-notice.ts';
import { modelPlaces } from './models.ts';

/** `missing`: the program cannot run without it. `warning`: it runs, and here is what could be better. */
export interface Finding {
  readonly state: 'ok' | 'warning' | 'missing';
  readonly what: string;
  readonly detail: string;
  readonly remedy?: string;
}
export type Check = (env: Environment) => Promise<Finding[]>;

const GIB = 2 ** 30;
const NODE_NEEDED = [20, 19] as const;
/** Room for a few uploads and a large model. */
const DISK_WANTED_BYTES = 4 * GIB;
const PROGRAM_TIMEOUT_MS = 10_000;

const runProgram = promisify(execFile);

/** Returns the first line that a program prints, or undefined when it cannot be run. */
async function firstLine(program: string, flag: string): Promise<string | undefined> {
  try {
    const { stdout } = await runProgram(program, [flag], { timeout: PROGRAM_TIMEOUT_MS });
    return stdout.split('\n')[0]?.trim();
  } catch {
    return undefined;
  }
}

/** Returns the finding of a check that failed with `error`. */
function failed(what: string, error: unknown): Finding {
  const { code, message } = toPipelineError(error);
  return { state: 'missing', what, detail: `${code}: ${redact(message)}` };
}

/** Whether the environment can be read; the first check. */
export const SETTINGS_CHECK: Check = async (env) => {
  const faults = [loadGatewayConfig, loadIngestConfig, loadWorkerConfig, loadCliConfig].flatMap((load) => {
    try {
      load(env);
      return [];
    } catch (error) {
      return [toPipelineError(error).message];
    }
  });
  if (faults.length === 0) return [{ state: 'ok', what: 'settings', detail: 'the environment is usable' }];
  const remedy = '.env.example is the manual.';
  return [{ state: 'missing', what: 'settings', detail: [...new Set(faults)].join('\n'), remedy }];
};

const machine: Check = async () => {
  const { node } = process.versions;
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const isEnough = major > NODE_NEEDED[0] || (major === NODE_NEEDED[0] && minor >= NODE_NEEDED[1]);
  const memory = `${(totalmem() / GIB).toFixed(0)} GiB memory`;
  const detail = `${node} on ${process.platform} ${process.arch}, ${availableParallelism()} cores, ${memory}`;
  if (isEnough) return [{ state: 'ok', what: 'Node', detail }];
  return [
    {
      state: 'missing',
      what: 'Node',
      detail,
      remedy: `Install ${NODE_NEEDED.join('.')} or newer: https://nodejs.org/`,
    },
  ];
};

const ffmpeg: Check = async (env) => {
  const configured = loadIngestConfig(env).FFMPEG_PATH;
  const path = await findFfmpeg(configured);
  const source =
    configured !== undefined ? 'FFMPEG_PATH' : path === 'ffmpeg' ? 'found on the PATH' : 'ffmpeg-static';
  const version = (await firstLine(path, '-version'))?.match(/^ffmpeg version (\S+)/)?.[1];
  if (version !== undefined)
    return [{ state: 'ok', what: 'ffmpeg', detail: `${version} (${path}, ${source})` }];
  const remedy = 'Install it (Debian: apt-get install ffmpeg) or set FFMPEG_PATH.';
  return [{ state: 'missing', what: 'ffmpeg', detail: `${path} cannot be run`, remedy }];
};

const redis: Check = async (env) => {
  const { REDIS_URL: url } = loadCliConfig(env);
  return url === undefined ? privateRedis() : sharedRedis(url);
};

async function privateRedis(): Promise<Finding[]> {
  const version = (await firstLine('redis-server', '--version'))?.match(/v=(\S+)/)?.[1];
  const what = 'Redis';
  if (version !== undefined) {
    return [
      {
        state: 'ok',
        what,
        detail: `redis-server ${version}: each \`up\` starts one of its own (REDIS_URL is unset)`,
      },
    ];
  }
  const remedy = 'Install it (Debian: apt-get install redis-server) or set REDIS_URL.';
  return [
    { state: 'missing', what, detail: 'redis-server is not installed, and REDIS_URL is unset', remedy },
  ];
}

async function sharedRedis(url: string): Promise<Finding[]> {
  const what = 'Redis';
  const connection = openRedis(url, { use: 'command', log: createLog('doctor', 'silent'), name: 'doctor' });
  try {
    const version =
      (await connection.info('server')).match(/redis_version:(\S+)/)?.[1] ?? 'of unknown version';
    const policy = (await connection.info('memory')).match(/maxmemory_policy:(\S+)/)?.[1];
    const detail = `${version} at ${redact(url)}, maxmemory-policy ${policy ?? 'unknown'}`;
    if (policy === 'noeviction') return [{ state: 'ok', what, detail }];
    const remedy =
      'Jobs may be evicted when memory is full: redis-cli config set maxmemory-policy noeviction';
    return [{ state: 'warning', what, detail, remedy }];
  } catch (error) {
    const remedy = 'Start it, correct REDIS_URL, or unset it to have a private one.';
    return [{ ...failed(what, error), detail: `${redact(url)} does not answer`, remedy }];
  } finally {
    await closeRedis(connection);
  }
}

const model: Check = async (env) => {
  const what = 'model';
  const found = await resolveModel({ ...modelPlaces(env), id: loadWorkerConfig(env).MODEL });
  const { isSound, files } = await verifyModel(found.directory);
  const wrong = files
    .filter(({ state }) => state === 'changed' || state === 'missing')
    .map(({ path }) => path);
  if (!isSound) {
    const detail = `${found.id} in ${found.directory} is not what it should be: ${wrong.join(', ')}`;
    return [{ state: 'missing', what, detail, remedy: `See: npx verbcast models verify ${found.id}` }];
  }
  const unknown = files.filter(({ state }) => state === 'unknown').length;
  const hashes =
    unknown === 0 ? 'every checksum is right' : `no checksum is known for ${unknown} of its files`;
  const detail = `${found.id} in ${found.directory}, ${hashes}`;
  if (!found.isStandIn) return [{ state: 'ok', what, detail }];
  return [
    {
      state: 'warning',
      what,
      detail: `${detail}; it is a small stand-in`,
      remedy: `For real CLIP: ${PULL_REAL_CLIP}`,
    },
  ];
};

const inference: Check = async (env) => {
  const { listed, automatic, note } = providerReport();
  const wanted = loadWorkerConfig(env).EXECUTION_PROVIDER;
  const detail = `onnxruntime on ${wanted === 'auto' ? automatic : wanted} (this build names ${listed.join(', ')})`;
  if (note === undefined) return [{ state: 'ok', what: 'inference', detail }];
  // Without a GPU in the machine the CPU is no shortcoming.
  const hasGpu = (await firstLine('nvidia-smi', '-L')) !== undefined;
  if (wanted === 'cuda') return [{ state: 'missing', what: 'inference', detail, remedy: note }];
  if (hasGpu)
    return [{ state: 'warning', what: 'inference', detail: `${detail}; the GPU is not used`, remedy: note }];
  return [{ state: 'ok', what: 'inference', detail: `${detail}; no NVIDIA GPU here` }];
};

const disk: Check = async (env) => {
  const { DATA_DIR } = loadCliConfig(env);
  await mkdir(DATA_DIR, { recursive: true });
  const { bavail, bsize } = await statfs(DATA_DIR);
  const free = bavail * bsize;
  const detail = `${(free / GIB).toFixed(1)} GiB free in ${DATA_DIR}`;
  if (free >= DISK_WANTED_BYTES) return [{ state: 'ok', what: 'disk', detail }];
  const remedy = `Uploads and models take room: free some, or point DATA_DIR elsewhere.`;
  return [{ state: 'warning', what: 'disk', detail, remedy }];
};

function guarded(what: string, check: Check): Check {
  return (env) => check(env).catch((error: unknown) => [failed(what, error)]);
}

/** Every check, in the order in which findings are told. */
export const CHECKS: readonly Check[] = [
  SETTINGS_CHECK,
  guarded('Node', machine),
  guarded('ffmpeg', ffmpeg),
  guarded('Redis', redis),
  guarded('model', model),
  guarded('inference', inference),
  guarded('disk', disk),
];
