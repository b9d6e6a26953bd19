// Exits 0 when node_modules holds what package-lock.json asks for, else 1. Packages that are optional may be missing.
import { readFileSync } from 'node:fs';

/** Returns the packages of a lock file by their place, without the project itself; none when there is no such file. */
function packagesOf(file) {
  try {
    const { '': _project, ...packages } = JSON.parse(readFileSync(file, 'utf8')).packages;
    return packages;
  } catch {
    return {};
  }
}

const wanted = packagesOf('package-lock.json');
const installed = packagesOf('node_modules/.package-lock.json');
const wrong = Object.entries(wanted).filter(([place, { version, integrity, optional }]) => {
  const found = installed[place];
  return found ? found.version !== version || found.integrity !== integrity : !optional;
});
const extra = Object.keys(installed).filter((place) => !(place in wanted));
process.exit(wrong.length + extra.length > 0 ? 1 : 0);
