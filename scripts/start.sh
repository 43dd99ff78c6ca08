#!/usr/bin/env bash
# Builds and serves the page, and says when it is ready: scripts/start.sh PORT
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh
port=$1

listening() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }

if listening; then
  echo "Port $port is in use. Choose another: make start PORT=$((port + 1))" >&2
  exit 1
fi
# Apart from dist/, where what `make package` released is. Trunk serves even what it could not build, so build first.
trunk --log warn build --release --dist target/start
trunk --log warn serve --release --dist target/start --address 127.0.0.1 --port "$port" &
server=$!
trap 'kill $server 2>/dev/null || true' EXIT
until listening; do
  kill -0 $server 2>/dev/null || exit 1
  sleep 0.2
done
echo "» ready: http://127.0.0.1:$port (Ctrl-C stops it)"
wait $server
