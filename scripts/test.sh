#!/bin/sh
# Runs every test; arguments go to vitest: `npm test -- test/gateway`.
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh ${CI:+--test-tools}
exec node_modules/.bin/vitest run "$@"
