# The databases of benchmarks: sourced by the scripts beside it, with the binary and a number of visits as arguments.
#
# Makes a private PostgreSQL cluster with its own defaults, and the file of a mapping import of visits between the cities of
# the world. `new NAME` makes a database of the kind `$database` and sets `$url`. All of it ends with the script.
# shellcheck shell=bash

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

# Makes a database.
new() {
  if [ "$database" = SQLite ]; then
    url=sqlite://$folder/$1.db
  else
    as_owner "$(command -v createdb)" -h 127.0.0.1 -p "$port" -U postgres "$1"
    url=postgres://postgres@127.0.0.1:$port/$1
  fi
}
