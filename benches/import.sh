#!/usr/bin/env bash
# Measures imports on SQLite and on PostgreSQL: the first start of a server with all bundled data, the bundled data of the
# world, and a spreadsheet of 100,000 visits with a mapping file, imported once, and again without a change.
#
#   benches/import.sh BINARY [ROWS]
#
# Prints seconds, rows a second and the peak memory of coopgraph. PostgreSQL is a private cluster with its own defaults.
set -euo pipefail

# shellcheck source=benches/databases.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/databases.sh"

# measured NAME ROWS COMMAND...
measured() {
  local name=$1 count=$2 start end memory
  shift 2
  start=$(date +%s.%N)
  "$@" >"$folder/out" 2>&1 &
  server=$!
  peak=0
  while kill -0 "$server" 2>/dev/null; do
    memory=$(awk '/VmHWM/ { print $2 }' "/proc/$server/status" 2>/dev/null || true)
    if [ -n "$memory" ]; then peak=$memory; fi
    sleep 0.02
  done
  wait "$server" || { cat "$folder/out"; exit 1; }
  server=
  end=$(date +%s.%N)
  awk -v name="$name" -v s="$start" -v e="$end" -v n="$count" -v m="$peak" \
    'BEGIN { printf "  %-44s %7.2f s  %8.0f rows/s  %5.0f MiB\n", name, e - s, n / (e - s), m / 1024 }'
}

# The server has its data as soon as it is ready.
first_start() {
  local start end
  start=$(date +%s.%N)
  "$binary" serve --database-url "$1" --listen 127.0.0.1:$((port + 1)) >"$folder/out" 2>&1 &
  server=$!
  until curl -fs "http://127.0.0.1:$((port + 1))/readyz" >/dev/null; do
    kill -0 "$server" 2>/dev/null || { cat "$folder/out"; exit 1; }
    sleep 0.02
  done
  end=$(date +%s.%N)
  peak=$(awk '/VmHWM/ { print $2 }' "/proc/$server/status")
  kill "$server"
  wait "$server" || true
  server=
  awk -v s="$start" -v e="$end" -v m="$peak" 'BEGIN { printf "  %-44s %7.2f s  %15s  %5.0f MiB\n", "first start, all bundled data", e - s, "", m / 1024 }'
}

mkdir "$folder/world"
for file in data/world/*.csv.gz; do gunzip -c "$file" >"$folder/world/$(basename "$file" .gz)"; done
cp data/topics.csv "$folder/world/"
world=$(cat "$folder"/world/*.csv | wc -l)

for database in SQLite PostgreSQL; do
  printf '%s\n' "$database"
  new started
  first_start "$url"
  new imported
  "$binary" migrate --database-url "$url" >/dev/null 2>&1
  measured "the world ($world rows)" "$world" "$binary" import "$folder/world" --database-url "$url" --accept-warnings
  measured "$rows visits with a mapping file" "$rows" \
    "$binary" import "$folder/visits.csv" --mapping "$folder/visits.toml" --database-url "$url"
  measured "the same again, nothing changed" "$rows" \
    "$binary" import "$folder/visits.csv" --mapping "$folder/visits.toml" --database-url "$url"
done
