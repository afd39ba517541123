#!/usr/bin/env bash
# Measures what the API can be asked, on all bundled data and 100,000 visits between the cities of the world, on SQLite and on
# PostgreSQL: for each question, the number of statements and the median of the milliseconds that the server needed.
#
#   benches/capabilities.sh BINARY [VISITS]
set -euo pipefail

# shellcheck source=benches/databases.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/databases.sh"

# An official and a host for each visit.
mkdir "$folder/participations"
python3 - "$folder" "$rows" <<'END'
import csv, sys
folder, rows = sys.argv[1], int(sys.argv[2])
keys = lambda name: [row["key"] for row in csv.DictReader(open(f"data/{name}.csv", encoding="utf-8"))]
officials, organizations = keys("officials"), keys("organizations")
with open(f"{folder}/participations/participations.csv", "w", encoding="utf-8", newline="") as file:
    log = csv.writer(file)
    log.writerow("key activity_kind activity participant_kind participant role visibility".split())
    for i in range(rows):
        visit = ["visit", f"v-{i:06}"]
        log.writerow([f"l-{i}", *visit, "official", officials[i % len(officials)], "leader", "public"])
        log.writerow([f"h-{i}", *visit, "organization", organizations[i % len(organizations)], "host", "public"])
END

for database in SQLite PostgreSQL; do
  printf '%s\n' "$database"
  new capabilities
  "$binary" serve --database-url "$url" --listen "127.0.0.1:$((port + 1))" --max-cost 1000000 --rate-limit 0 \
    >"$folder/log" 2>&1 &
  server=$!
  until curl -fs "http://127.0.0.1:$((port + 1))/readyz" >/dev/null; do
    kill -0 "$server" 2>/dev/null || { cat "$folder/log"; exit 1; }
    sleep 0.05
  done
  "$binary" import "$folder/visits.csv" --mapping "$folder/visits.toml" --database-url "$url" >"$folder/out" 2>&1 ||
    { cat "$folder/out"; exit 1; }
  "$binary" import "$folder/participations" --accept-warnings --database-url "$url" >"$folder/out" 2>&1 ||
    { cat "$folder/out"; exit 1; }
  python3 benches/capabilities.py "http://127.0.0.1:$((port + 1))/graphql" "$folder/log"
  kill "$server"
  wait "$server" || true
  server=
done
