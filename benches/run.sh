#!/usr/bin/env bash
# Measures coopgraph beside the peers of the performance harness (../shared/bench): benches/run.sh DIR
#
# STAGES   setup build data verify bench mem table (all of them); `import` is the last part of `data`:
#          coopgraph's own databases, made anew, which a change of its tables needs
# PEERS    those that are compared; the default is the first one below
# BUILD    what the stage `build` builds: limit, coopgraph, and the harness's other peers in Rust
# ROUNDS, SECS   how often and how long each query is measured
set -euo pipefail

root=$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")
original=$(dirname -- "$root")/shared/bench
binary=$root/target/release/coopgraph

die() {
  printf 'benches/run.sh: %s\n' "$*" >&2
  exit 2
}

[ "$#" = 1 ] || die "give the directory to work in: benches/run.sh DIR"
[ -x "$original/run_all.sh" ] || die "the harness is missing: there is no $original/run_all.sh"
mkdir -p -- "$1"
work=$(readlink -f -- "$1")
bench=$work/harness
peer=$root/benches/coopgraph_peer.py

export PEERS=${PEERS:-static,limit-sqlite,limit-pg,postgraphile,coopgraph-sqlite,coopgraph-pg}
stages=" ${STAGES:-setup build data verify bench mem table} "
build=${BUILD:-limit coopgraph}
# The cluster of the harness; its address is fixed there, too.
postgres=postgres://postgres@127.0.0.1:55432

wanted() { [[ $stages == *" $1 "* ]]; }

# Runs those of the harness's stages that are wanted.
harness() {
  local stage some=
  for stage in "$@"; do
    if wanted "$stage"; then some+="$stage "; fi
  done
  # A blank, because the harness takes an empty list for all there is.
  if [ -n "$some" ]; then STAGES=$some BUILD="${build/coopgraph/} " "$bench/run_all.sh" "$work"; fi
}

databases=("sqlite://$work/coopgraph.db" "$postgres/coopgraph")

migrate() {
  local url
  for url in "${databases[@]}"; do "$binary" migrate --database-url "$url"; done
}

make_databases() {
  local url
  python3 "$root/benches/to_import_form.py" harness "$work/csv" "$work/import"
  rm -f -- "$work"/coopgraph.db{,-wal,-shm}
  psql -q "$postgres/postgres" -v ON_ERROR_STOP=1 -c 'SET client_min_messages = warning' \
    -c 'DROP DATABASE IF EXISTS coopgraph' -c 'CREATE DATABASE coopgraph'
  migrate
  for url in "${databases[@]}"; do "$binary" import --database-url "$url" "$work/import"; done
  # As the harness leaves the databases of the other peers.
  psql -q "$postgres/coopgraph" -v ON_ERROR_STOP=1 -c 'VACUUM ANALYZE'
  sqlite3 "$work/coopgraph.db" 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
}

# A fresh copy every time: the harness is never changed in place. The times are kept, so that cargo builds nothing twice.
rm -rf -- "$bench"
cp -R --preserve=mode,timestamps -- "$original" "$bench"
chmod -R u+w -- "$bench"
python3 "$peer" join "$work" "$binary" "$postgres/coopgraph"

harness setup
if wanted build && [[ " $build " == *" coopgraph "* ]]; then
  cargo build --release --locked --manifest-path "$root/Cargo.toml" --target-dir "$root/target"
fi
harness build data
[ -x "$binary" ] || die "there is no $binary: cargo build --release"
if wanted data || wanted import; then
  make_databases
elif wanted verify || wanted bench || wanted mem; then
  migrate # the binary may be newer than the databases
fi
if [ -d "$work/bodies" ]; then python3 "$peer" bodies "$work"; fi

harness verify
if wanted verify; then python3 "$peer" compare "$work" "$PEERS"; fi
# The harness appends, but only figures of one run may be compared.
for stage in bench:main mem:mem; do
  file=$work/results/${stage#*:}.jsonl
  if wanted "${stage%:*}" && [ -e "$file" ]; then mv -- "$file" "${file%.jsonl}.before.jsonl"; fi
done
harness bench mem table
