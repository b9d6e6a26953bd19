#!/bin/sh
# Compiles the program to dist/, which runs without tsx: node dist/cli/main.js. Models stay where they are.
set -eu
cd "$(dirname "$0")/.."
rm -rf dist
scripts/setup.sh --no-programs # builds the page into dist/web
node_modules/.bin/tsc -p tsconfig.build.json
