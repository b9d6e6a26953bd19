// Where the package lies: assets are found from here, whether the program runs from source or from dist/.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PipelineError } from './errors.ts';

/** The directory with the program's `package.json`, `models/pocket` and `dist/web`. @throws E_CONFIG when there is none */
export const PACKAGE_ROOT: string = findPackageRoot(import.meta.dirname);

function findPackageRoot(directory: string): string {
  if (existsSync(join(directory, 'package.json'))) return directory;
  const parent = dirname(directory);
  if (parent === directory) throw new PipelineError('E_CONFIG', 'Expected a package.json above the program.');
  return findPackageRoot(parent);
}
