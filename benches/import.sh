#!/usr/bin/env bash
# Measures imports on SQLite and on PostgreSQL: the first start of a server with all bundled data, the bundled data of the
# world, and a spreadsheet of 100,000 visits with a mapping file, imported once, and again without a change.
#
#   benches/import.sh BINARY [ROWS]
#
# Prints seconds, rows a second and the peak memory of coopgraph. PostgreSQL is a private cluster with its own defaults.
set -euo pipefail

binary=$(readlink -f -- "$1") rows=${2:-100000}
PATH=$PATH:/usr/sbin:/sbin:$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV | head -n 1)
folder=$(mktemp -d /tmp/coopgraph-import.XXXXXX)
port=$((20000 + RANDOM % 12000))
server=

as_owner() { if [ "$(id -u)" = 0 ]; then (cd "$folder" && runuser -u postgres -- "$@"); else "$@"; fi; }
# shellcheck disable=SC2329 # called by the trap
clean_up() {
  if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; fi
  as_owner "$(command -v pg_ctl)" -D "$folder/cluster" -m immediate -w stop >/dev/null 2>&1 || true
  rm -rf -- "$folder"
}
trap clean_up EXIT

mkdir "$folder/cluster"
if [ "$(id -u)" = 0 ]; then chown -R postgres "$folder"; fi
as_owner "$(command -v initdb)" -D "$folder/cluster" -U postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 >/dev/null
printf "listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\n" >>"$folder/cluster/postgresql.conf"
as_owner "$(command -v pg_ctl)" -D "$folder/cluster" -l "$folder/cluster/log" -w -o "-p $port" start >/dev/null

# Visits between the cities of the world, as somebody keeps them in a spreadsheet.
python3 - "$folder" "$rows" <<'END'
import csv, gzip, io, sys
from datetime import date, timedelta
folder, rows = sys.argv[1], int(sys.argv[2])
with gzip.open("data/world/cities.csv.gz", "rt", encoding="utf-8", newline="") as file:
    keys = [row["key"] for row in csv.DictReader(file)]
with open(f"{folder}/visits.csv", "w", encoding="utf-8", newline="") as file:
    log = csv.writer(file)
    log.writerow(["No", "Date", "Delegation", "From", "To"])
    for i in range(rows):
        day = date(1990, 1, 1) + timedelta(days=i % 12000)
        log.writerow([f"V-{i:06}", day.strftime("%d.%m.%Y"), f"Delegation {i % 977}", keys[i * 7 % len(keys)], keys[i * 13 % len(keys)]])
with open(f"{folder}/visits.toml", "w", encoding="utf-8") as file:
    file.write("""visibility = "public"
[[table]]
[[table.record]]
kind = "visit"
key = { slug = ["No"] }
fields.title = { text = "{Delegation} visits {To}" }
fields.language = { value = "en" }
fields.kind = { value = "delegation" }
fields.start = { column = "Date", date = "day-first" }
fields.from_city = { column = "From", find = "key" }
fields.to_city = { column = "To", find = "key" }
""")
END

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
  new() {
    if [ "$database" = SQLite ]; then
      url=sqlite://$folder/$1.db
    else
      as_owner "$(command -v createdb)" -h 127.0.0.1 -p "$port" -U postgres "$1"
      url=postgres://postgres@127.0.0.1:$port/$1
    fi
  }
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
