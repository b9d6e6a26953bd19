// Where models lie: the operator's directories, what was pulled, what ships with the project.
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PipelineError } from '../runtime/errors.ts';
import { CATALOG, type CatalogEntry, DEFAULT_MODEL, findCatalogEntry, SHIPPED_MODEL } from './catalog.ts';
import { DTYPES, onnxFile } from './dtype.ts';
import { unknownModel } from './unknown-model.ts';

export { pulledDirectory, pullModel } from './pull.ts';
export { verifyModel } from './verify.ts';

/** Where to look, in this order: each of `modelDirs`, `dataDir`/models, `packageDir`/models; each has a folder per model. */
export interface ModelPlaces {
  readonly modelDirs: readonly string[];
  readonly dataDir: string;
  readonly packageDir: string;
}

export interface ResolvedModel {
  readonly id: string;
  readonly directory: string;
  /** Whether the shipped model stands in because none was named and the default has not been pulled. */
  readonly isStandIn: boolean;
}

export interface ListedModel {
  readonly id: string;
  /** `ready` to run, `incomplete`, or in the catalog and not here (`remote`). */
  readonly state: 'ready' | 'incomplete' | 'remote';
  readonly directory: string | undefined;
  /** What the first missing file is, where `incomplete`. */
  readonly missing: string | undefined;
  readonly entry: CatalogEntry | undefined;
}

/** A model's name is a folder's name: nothing that leads elsewhere. */
const MODEL_ID = /^(?!.*\.\.)[A-Za-z0-9][\w.-]{0,63}$/;

/**
 * Finds the folder of model `id`; without an id the default one if it is here, else the shipped one.
 * @throws E_MODEL_UNKNOWN when no folder and no catalog entry has that name; the message lists the known names
 * @throws E_MODEL_FILES when the model is not here, or its folder lacks a file
 */
export async function resolveModel(
  options: ModelPlaces & { id?: string | undefined },
): Promise<ResolvedModel> {
  const { id } = options;
  if (id === undefined) {
    const directory = findFolder(DEFAULT_MODEL, options);
    const isHere = directory !== undefined && missingFile(directory) === undefined;
    if (isHere) return { id: DEFAULT_MODEL, directory, isStandIn: false };
    return { ...(await resolveModel({ ...options, id: SHIPPED_MODEL })), isStandIn: true };
  }
  const directory = MODEL_ID.test(id) ? findFolder(id, options) : undefined;
  const pull = `\`verbcast models pull ${id}\``;
  if (directory === undefined) {
    if (findCatalogEntry(id) === undefined) throw unknownModel(id, await knownNames(options));
    throw new PipelineError('E_MODEL_FILES', `The model ${id} is not here yet. ${pull} fetches it.`);
  }
  const missing = missingFile(directory);
  if (missing !== undefined) {
    const remedy = findCatalogEntry(id)?.repo === undefined ? 'Put it there.' : `${pull} completes it.`;
    throw new PipelineError('E_MODEL_FILES', `The model ${id} lacks ${join(directory, missing)}. ${remedy}`);
  }
  return { id, directory, isStandIn: false };
}

/** Returns every model of the catalog, and every other folder that holds a model, catalog first. */
export async function listModels(places: ModelPlaces): Promise<ListedModel[]> {
  return (await knownNames(places)).map((id) => {
    const directory = findFolder(id, places);
    const missing = directory === undefined ? undefined : missingFile(directory);
    const state = directory === undefined ? 'remote' : missing === undefined ? 'ready' : 'incomplete';
    return { id, state, directory, missing, entry: findCatalogEntry(id) };
  });
}

function parentFolders({ modelDirs, dataDir, packageDir }: ModelPlaces): string[] {
  return [...modelDirs, join(dataDir, 'models'), join(packageDir, 'models')];
}

function findFolder(id: string, places: ModelPlaces): string | undefined {
  const folders = parentFolders(places).map((parent) => join(parent, id));
  const here = folders.filter((folder) => existsSync(folder));
  // A pull that was broken off does not hide a whole model further on.
  return here.find((folder) => missingFile(folder) === undefined) ?? here[0];
}

/** Returns the first file that a model cannot do without and `directory` lacks. */
function missingFile(directory: string): string | undefined {
  const lacks = (path: string) => !existsSync(join(directory, path));
  const tower = (name: 'vision' | 'text') => DTYPES.map((dtype) => onnxFile(name, dtype));
  return (
    ['config.json', 'preprocessor_config.json', 'tokenizer.json', 'tokenizer_config.json'].find(lacks) ??
    [tower('vision'), tower('text')].find((files) => files.every(lacks))?.[0]
  );
}

/** The catalog's names, then those of other folders that hold a model. */
async function knownNames(places: ModelPlaces): Promise<string[]> {
  const local = await Promise.all(
    parentFolders(places).map(async (parent) => {
      const names = await readdir(parent).catch(() => []);
      // A folder without config.json is no model: MODELS_DIR may hold other things.
      return names.filter((name) => MODEL_ID.test(name) && existsSync(join(parent, name, 'config.json')));
    }),
  );
  return [...new Set([...CATALOG.map((entry) => entry.id), ...local.flat()])];
}
