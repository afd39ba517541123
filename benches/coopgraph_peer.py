#!/usr/bin/env python3
"""Makes coopgraph a peer of a copy of the performance harness (DIR/harness). Called by run.sh.

    coopgraph_peer.py join DIR BINARY POSTGRES_URL   adds the peers, and teaches verify.py to read our answers
    coopgraph_peer.py bodies DIR                     writes the request bodies: our documents, the harness's variables
    coopgraph_peer.py compare DIR PEERS              holds our answers against the hand-written SQL, with structure and order

The questions are the harness's, on our schema:
  - A key (`visit-0000123`) stands where the harness has the number of a row, and a country's two letters for its number.
  - The host organization of a visit is the participant with the role HOST; the delegates are all others.
  - A date has its text in `edtf`; the summary of a visit is `note`.
"""

import csv
import json
import os
import sys
from pathlib import Path

from to_import_form import PARTNERSHIPS, ROLES, key

HOST = "participations(first: 1, filter: {role: {eq: HOST}}) { nodes { participant { ... on Organization { %s } } } }"
DOCUMENTS = {
    "Q1": "query Q1($key: String!) { visit(by: {key: $key}) { key title start { edtf } end { edtf } purpose note toCity { key } "
    + HOST % "key"
    + " } }",
    "Q2": "query Q2($start: String!) { visits(first: 20, filter: {start: {certainlyWithin: $start}}, orderBy: START_DESC) { nodes { "
    "key title start { edtf } end { edtf } purpose " + HOST % "key name" + " toCity { name country { name } } } } }",
    "Q3": "query Q3($start: String!) { visits(first: 20, filter: {start: {certainlyWithin: $start}}, orderBy: START_DESC) { nodes { "
    "key title participations(filter: {not: {role: {eq: HOST}}}) { nodes { role participant { ... on Official { key name "
    "positions { nodes { title organization { name city { name country { name } } } } } } } } } } } }",
    "Q4": "query Q4($after: String!) { cities(first: 20, filter: {key: {gt: $after}}, orderBy: KEY_ASC) { nodes { key name "
    "partnerships(first: 5, orderBy: KEY_ASC) { edges { node { since { edtf } kind } partner { name country { name } } } } "
    "visitsTo(first: 3, orderBy: START_DESC) { totalCount nodes { key title start { edtf } } } } } }",
    "Q5": "query Q5($country: String!, $start: String!) { visits(first: 50, filter: {start: {certainlyWithin: $start}, "
    "toCity: {country: {key: {eq: $country}}}}, orderBy: START_DESC) { totalCount nodes { "
    "key title start { edtf } end { edtf } purpose toCity { name } " + HOST % "name" + " } } }",
}


def variables(v, countries):
    """The variables of the harness as ours."""
    if "id" in v:
        return {"key": key("visit", v["id"])}
    if "before" in v:
        return {"start": f"../{v['before']}"}
    if "after" in v:
        return {"after": key("city", v["after"])}
    return {"country": countries[v["country"]], "start": f"{v['from']}/{v['to']}"}


# --------------------------------------------------------------------------------- our answers in the harness's words

OUR_WORDS = {ours.upper(): theirs for table in (ROLES, PARTNERSHIPS) for theirs, ours in table.items()}


def number(key):
    """The number of the row of the generator that a key was made of."""
    return int(key.rpartition("-")[2])


def host(visit):
    (part,) = visit["participations"]["nodes"]
    return part["participant"]


def head(visit):
    """What most questions ask of a visit."""
    return {"id": number(visit["key"]), "title": visit["title"], "startDate": visit["start"]["edtf"]}


def body(visit):
    return head(visit) | {"endDate": visit["end"]["edtf"], "purpose": visit["purpose"]}


def position(p):
    return {"title": p["title"], "organization": p["organization"]}


def delegate(d):
    official = d["participant"]
    positions = official["positions"]["nodes"]
    return {
        "role": OUR_WORDS[d["role"]],
        "official": {"id": number(official["key"]), "fullName": official["name"], "positions": [position(p) for p in positions]},
    }


def partnership(edge):
    return {"sinceYear": int(edge["node"]["since"]["edtf"]), "kind": OUR_WORDS[edge["node"]["kind"]], "partner": edge["partner"]}


def city(c):
    return {
        "id": number(c["key"]),
        "name": c["name"],
        "partnerships": [partnership(e) for e in c["partnerships"]["edges"]],
        "visits": {"totalCount": c["visitsTo"]["totalCount"], "nodes": [head(v) for v in c["visitsTo"]["nodes"]]},
    }


def first(data):
    v = data["visit"]
    more = {"summary": v["note"], "cityId": number(v["toCity"]["key"]), "hostOrganizationId": number(host(v)["key"])}
    return {"visit": body(v) | more}


def second(data):
    def visit(v):
        by = host(v)
        return body(v) | {"hostOrganization": {"id": number(by["key"]), "name": by["name"]}, "city": v["toCity"]}

    return {"visits": [visit(v) for v in data["visits"]["nodes"]]}


def third(data):
    def visit(v):
        return {"id": number(v["key"]), "title": v["title"], "delegates": [delegate(d) for d in v["participations"]["nodes"]]}

    return {"visits": [visit(v) for v in data["visits"]["nodes"]]}


def fourth(data):
    return {"cities": [city(c) for c in data["cities"]["nodes"]]}


def fifth(data):
    visits = data["visits"]
    nodes = [body(v) | {"city": v["toCity"], "hostOrganization": host(v)} for v in visits["nodes"]]
    return {"visitSearch": {"totalCount": visits["totalCount"], "nodes": nodes}}


READ = {"Q1": first, "Q2": second, "Q3": third, "Q4": fourth, "Q5": fifth}


def canonical(dialect, question, answer):
    """The answer of a peer as the hand-written SQL would give it, if it is one of ours."""
    if dialect != "coopgraph" or answer.get("errors"):
        return answer
    return {"data": READ[question](answer["data"])}


# ----------------------------------------------------------------------------------------------------------- commands


def replace(file, old, new):
    text = file.read_text()
    if text.count(old) != 1:
        sys.exit(f"{file} is not as expected: {old!r} is there {text.count(old)} times")
    file.write_text(text.replace(old, new))


def join(work, binary, postgres):
    load = work / "harness" / "load"
    file = load / "peers.json"
    peers = json.loads(file.read_text())
    for name, port, url in (("sqlite", 7120, "sqlite://{W}/coopgraph.db"), ("pg", 7121, postgres)):
        peers[f"coopgraph-{name}"] = {
            "dialect": "coopgraph",
            "port": port,
            "path": "/graphql",
            # As many threads as the other peers have workers; like theirs, the pool has 8 connections. And like them it
            # serves one client as much as it can: a limit on what a client may ask for would be all that is measured.
            "env": {"TOKIO_WORKER_THREADS": "2", "COOPGRAPH_RATE_LIMIT": "0", "COOPGRAPH_LOG": "warn"},
            "start": [binary, "serve", "--listen", f"127.0.0.1:{port}", "--database-url", url, "--sample-data=none"],
        }
    file.write_text(json.dumps(peers, indent=1))

    verify = load / "verify.py"
    here = str(Path(__file__).resolve().parent)
    replace(verify, "from lib import *\n", f"from lib import *\nsys.path.append({here!r})\nfrom coopgraph_peer import canonical\n")
    replace(verify, "d = json.loads(r)", 'd = canonical(PEERS[name]["dialect"], q, json.loads(r))')


def bodies(work):
    with open(work / "csv" / "countries.csv", encoding="utf-8", newline="") as file:
        countries = {int(row["id"]): row["iso2"] for row in csv.DictReader(file)}
    for question, document in DOCUMENTS.items():
        # Out of another dialect's bodies, so that the variables are the same, in the same order.
        theirs = (work / "bodies" / f"proto.{question}").read_text().splitlines()
        with open(work / "bodies" / f"coopgraph.{question}", "w", encoding="utf-8") as out:
            for line in theirs:
                ours = variables(json.loads(line)["variables"], countries)
                request = {"query": document, "operationName": question, "variables": ours}
                out.write(json.dumps(request, separators=(",", ":")) + "\n")


UNORDERED = {"delegates", "positions"}  # the question names no order for these
SAMPLE = 200  # bodies of each question; verify.py takes the first 25


def ordered(x):
    """The answer with the lists sorted that may come in any order."""
    if isinstance(x, list):
        return [ordered(item) for item in x]
    if not isinstance(x, dict):
        return x
    return {k: sorted(ordered(v), key=json.dumps) if k in UNORDERED else ordered(v) for k, v in x.items()}


def compare(work, peers):
    os.environ["PERF_WORK"] = str(work)
    sys.path.insert(0, str(work / "harness" / "load"))
    import lib

    def answers(name):
        peer = lib.Peer(name)
        try:
            for question in lib.QS:
                for line in lib.bodies(name, question)[:SAMPLE]:
                    answer = canonical(peer.p["dialect"], question, json.loads(peer.ask(line)[1]))
                    yield question, ordered(answer)
        finally:
            peer.stop()

    want = list(answers("limit-sqlite"))
    wrong = False
    for name in (name for name in peers.split(",") if name.startswith("coopgraph-")):
        got = list(answers(name))
        for question in lib.QS:
            pairs = [(w, g) for (q, w), (_, g) in zip(want, got, strict=True) if q == question]
            bad = [(w, g) for w, g in pairs if w != g]
            print(f"{name:24} {question} structure and order: {f'{len(bad)} of {len(pairs)} DIFFER' if bad else 'same'}")
            if bad:
                wrong = True
                print(f"   wanted {json.dumps(bad[0][0])[:400]}\n   got    {json.dumps(bad[0][1])[:400]}")
    sys.exit(1 if wrong else 0)


def main():
    commands = {"join": (join, 3), "bodies": (bodies, 1), "compare": (compare, 2)}
    command, count = commands.get(sys.argv[1] if len(sys.argv) > 1 else "", (None, 0))
    if command is None or len(sys.argv) != 2 + count:
        sys.exit(__doc__)
    command(Path(sys.argv[2]), *sys.argv[3:])


if __name__ == "__main__":
    main()
