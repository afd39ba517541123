#!/usr/bin/env bash
# What it is worth to know a document: requests a second with the document cache and without, for a small document, and
# for a large one (the README's first query, whose data is left out by `@skip`, so that reading the document is what counts).
#
# Usage: benches/document_cache.sh [SECONDS]    Needs wrk, jq and a release build.
set -euo pipefail
cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.."
seconds=${1-5}
binary=${COOPGRAPH_BINARY-target/release/coopgraph}
work=$(mktemp -d)
server=
trap 'if [ -n "$server" ]; then kill "$server"; fi; rm -rf -- "$work"' EXIT

# The first GraphQL block of the README; every field of its root is skipped.
awk '/^```graphql/{n++; next} /^```/{if (n == 1) exit} n == 1' README.md |
  sed -E 's/^(  [a-zA-Z: ]+\(.*\)) \{$/\1 @skip(if: true) {/' >"$work/large.graphql"
echo '{ __typename }' >"$work/small.graphql"
cat >"$work/post.lua" <<'END'
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
function init(args) local file = io.open(args[1]); wrk.body = file:read("*a"); file:close() end
END

port=7431
printf '%-8s %12s %12s %8s\n' document 'with/s' 'without/s' ratio
for document in small large; do
  jq -Rs '{query: .}' "$work/$document.graphql" >"$work/body.json"
  rates=()
  for bytes in 33554432 0; do
    COOPGRAPH_LOG=error COOPGRAPH_DOCUMENT_CACHE_BYTES=$bytes "$binary" serve --listen 127.0.0.1:$port --rate-limit 0 \
      --database-url "sqlite://$work/bench.db" >/dev/null &
    server=$!
    until "$binary" health --listen 127.0.0.1:$port >/dev/null 2>&1; do sleep 0.1; done
    curl -s -H 'Content-Type: application/json' -d @"$work/body.json" http://127.0.0.1:$port/graphql |
      jq -e 'has("errors") | not' >/dev/null || { echo "the $document document is not answered" >&2; exit 1; }
    rates+=("$(wrk -t1 -c32 -d"${seconds}s" -s "$work/post.lua" http://127.0.0.1:$port/graphql -- "$work/body.json" |
      awk '/Requests\/sec/{print int($2)}')")
    kill "$server"
    wait "$server" || true
    server=
  done
  printf '%-8s %12s %12s %8s\n' "$document" "${rates[0]}" "${rates[1]}" "$(awk "BEGIN{printf \"%.1f\", ${rates[0]}/${rates[1]}}")"
done
