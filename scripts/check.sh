#!/bin/sh
# Format, lint, types and the tests that need nothing.
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh
node_modules/.bin/biome check .
node_modules/.bin/tsc -p .
if [ -e web/tsconfig.json ]; then node_modules/.bin/tsc -p web; fi
node_modules/.bin/vitest run --project unit
