// `verbcast models list|pull|verify`.
import { findCatalogEntry } from '../models/catalog.ts';
import type { DtypeChoice } from '../models/dtype.ts';
import { type PullProgress, pullModel } from '../models/pull.ts';
import { type ListedModel, listModels, type ModelPlaces, resolveModel } from '../models/store.ts';
import { type VerifiedModel, verifyModel } from '../models/verify.ts';
import type { Environment } from '../runtime/config.ts';
import { PipelineError } from '../runtime/errors.ts';
import { PACKAGE_ROOT } from '../runtime/package-root.ts';
import { loadWorkerConfig } from '../worker/config.ts';
import { transferLine } from './bar.ts';
import { loadCliConfig } from './config.ts';
import { type Ink, inkFor } from './ink.ts';
import { EXIT_INTERRUPTED, onInterrupt } from './interrupt.ts';
import { openScreen, type Screen } from './screen.ts';

const DRAW_EVERY_MS = 100;
/** Without a terminal a line on progress is printed this often. */
const PRINT_EVERY_MS = 5_000;

/** Returns where models are looked for under `env`. */
export function modelPlaces(env: Environment): ModelPlaces {
  const { MODELS_DIR, DATA_DIR } = loadWorkerConfig(env);
  return { modelDirs: MODELS_DIR, dataDir: DATA_DIR, packageDir: PACKAGE_ROOT };
}

/** Prints every known model, whether it is here, under which licence, and which one runs when none is named. */
export async function listCommand(env: Environment): Promise<number> {
  const ink = inkFor(process.stdout, loadCliConfig(env).NO_COLOR !== undefined);
  const places = modelPlaces(env);
  const { id: chosen } = await resolveModel({ ...places, id: loadWorkerConfig(env).MODEL });
  for (const model of await listModels(places)) {
    for (const line of modelLines(model, model.id === chosen, ink)) console.log(line);
  }
  console.log(
    `\n* runs now. To get another: npx verbcast models pull NAME, then MODEL=NAME or --model NAME.`,
  );
  return 0;
}

function modelLines(
  { id, state, directory, missing, entry }: ListedModel,
  isChosen: boolean,
  ink: Ink,
): string[] {
  const paint = { ready: ink.green, incomplete: ink.yellow, remote: ink.dim }[state];
  const word = { ready: 'here', incomplete: 'incomplete', remote: 'not here' }[state];
  const licence = entry?.licence.name ?? 'your own';
  return [
    `${isChosen ? '*' : ' '} ${ink.bold(id.padEnd(26))} ${paint(word.padEnd(11))} ${licence}`,
    ...(entry ? [`    ${entry.summary}`] : []),
    ...(missing === undefined ? [] : [`    ${ink.yellow(`lacks ${missing}`)}`]),
    ...(directory === undefined ? [] : [ink.dim(`    ${directory}`)]),
  ];
}

/** Downloads a model after showing its licence. Ctrl-C keeps what is there: the next pull goes on from it. */
export async function pullCommand(
  id: string,
  options: { dtype: DtypeChoice },
  env: Environment,
): Promise<number> {
  const { DATA_DIR, HF_ENDPOINT } = loadCliConfig(env);
  const entry = findCatalogEntry(id);
  if (entry) {
    const { name, url, note } = entry.licence;
    console.log(
      `${id}: ${entry.summary}\nLicence: ${name}, ${url}${note === undefined ? '' : `\n  ${note}`}`,
    );
  }
  const stop = new AbortController();
  const interrupt = onInterrupt(() => stop.abort());
  const screen = openScreen(process.stdout);
  try {
    const onProgress = progressOn(screen);
    const { signal } = stop;
    const { directory, revision, files } = await pullModel({
      id,
      dataDir: DATA_DIR,
      endpoint: HF_ENDPOINT,
      dtype: options.dtype,
      onProgress,
      signal,
    });
    screen.close();
    console.log(`${id} is in ${directory} (revision ${revision}).`);
    const recorded = files.filter(({ trust }) => trust === 'recorded').map(({ path }) => path);
    if (recorded.length > 0) {
      console.log(
        `No checksum was known before for ${recorded.join(', ')}: what came was trusted and is locked now.`,
      );
    }
    return 0;
  } catch (error) {
    if (!interrupt.asked) throw error;
    screen.close();
    console.error('Stopped. Pull again to go on from here.');
    return EXIT_INTERRUPTED;
  } finally {
    screen.close();
    interrupt.dispose();
  }
}

function progressOn(screen: Screen): (progress: PullProgress) => void {
  let shownAt = 0;
  const of = ({ file, bytes, totalBytes }: PullProgress) => ({ name: file, bytes, totalBytes });
  return (progress) => {
    const isDone = progress.bytes === progress.totalBytes;
    if (!isDone && Date.now() - shownAt < (screen.live ? DRAW_EVERY_MS : PRINT_EVERY_MS)) return;
    shownAt = Date.now();
    if (screen.live) screen.draw([transferLine(of(progress), screen.columns)]);
    else screen.print(transferLine(of(progress), 0));
  };
}

/** Compares files with their checksums: of the model `id`, or of all that are here. Returns 1 when one is not sound. */
export async function verifyCommand(id: string | undefined, env: Environment): Promise<number> {
  const ink = inkFor(process.stdout, loadCliConfig(env).NO_COLOR !== undefined);
  const models = (await listModels(modelPlaces(env))).filter((model) => id === undefined || model.id === id);
  const here = models.flatMap(({ directory }) => (directory === undefined ? [] : [directory]));
  if (here.length === 0) {
    const known = models.length > 0;
    if (known) throw new PipelineError('E_MODEL_FILES', `The model ${id} is not here.`);
    throw new PipelineError('E_MODEL_UNKNOWN', `No model is called ${JSON.stringify(id)}.`);
  }
  let isSound = true;
  for (const directory of here) {
    const model = await verifyModel(directory);
    isSound &&= model.isSound;
    for (const line of verifiedLines(model, ink)) console.log(line);
  }
  return isSound ? 0 : 1;
}

function verifiedLines({ directory, isSound, files, fault }: VerifiedModel, ink: Ink): string[] {
  const words = {
    ok: ink.green('ok'),
    changed: ink.red('changed'),
    missing: ink.red('missing'),
    unknown: ink.yellow('no checksum known'),
  };
  return [
    `${isSound ? ink.green('✓') : ink.red('✗')} ${directory}`,
    ...files.map(
      ({ path, state, heldTo }) => `    ${path}: ${words[state]}${heldTo ? ink.dim(` (${heldTo})`) : ''}`,
    ),
    ...(fault === undefined ? [] : [`    ${fault.code}: ${fault.message}`]),
  ];
}
