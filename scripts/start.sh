#!/usr/bin/env bash
# Builds and serves the page, and says when it is ready: scripts/start.sh PORT
# With NIJIGEN_DEV=1 it is built quickly, and again whenever something changes.
set -euo pipefail
cd "$(dirname "$0")/.."
port=$1
# Apart from dist/, where what `make package` released is.
folder=target/start
if [ "${NIJIGEN_DEV:-}" ]; then folder=target/dev; fi

if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
  echo "Port $port is in use. Choose another: make ${folder#target/} PORT=$((port + 1))" >&2
  exit 1
fi
scripts/prepare.sh
if [ "${NIJIGEN_LIST:-}" ]; then exit; fi
node scripts/site.mjs site $folder
exec node scripts/serve.mjs $folder "$port"
