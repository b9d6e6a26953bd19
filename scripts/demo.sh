#!/bin/sh
# Labels a short reel, or your own file: `npm run demo -- my.mp4 --label "playing guitar"`.
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh
exec node cli/verbcast.mjs demo "$@"
