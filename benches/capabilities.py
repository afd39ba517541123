#!/usr/bin/env python3
"""Asks questions of a running server, and prints what its log says that they took.

    capabilities.py URL LOG

LOG is the file that the server's log is written to.
"""

import json
import statistics
import sys
import time
import urllib.request

WARM_UP, RUNS = 5, 25

QUESTIONS = {
    "filter by a period and a country": "{ visits(first: 20, filter: {start: {certainlyWithin: \"2001-03\"}, toCity: {country: {key: {eq: \"FI\"}}}}) { totalCount nodes { title } } }",
    "filter by words of a title": "{ visits(first: 20, filter: {title: {words: \"delegation espoo\"}}) { totalCount nodes { title } } }",
    "filter by words of any text": "{ visits(first: 20, filter: {anyText: {words: \"delegation espoo\"}}) { totalCount nodes { title } } }",
    "filter by a condition on sources": "{ partnerships(first: 20, filter: {isDisputed: {eq: true}}) { totalCount nodes { key } } }",
    "order by a related name, then by date": "{ visits(first: 20, orderBy: TO_CITY_NAME_ASC, thenBy: [START_DESC]) { nodes { title } } }",
    "order by the number of partnerships": "{ cities(first: 20, orderBy: PARTNERSHIPS_COUNT_DESC) { nodes { name partnerships { totalCount } } } }",
    "order by a name in an alphabet: cities": "{ cities(first: 20, orderBy: NAME_ASC, collation: \"fi\") { nodes { name } } }",
    "order by a name in an alphabet: of a country": "{ cities(first: 20, orderBy: NAME_DESC, collation: \"fi\", filter: {country: {key: {eq: \"FI\"}}}) { nodes { name } } }",
    "order by a title in an alphabet: visits": "{ visits(first: 20, orderBy: TITLE_ASC, collation: \"zh\") { nodes { title } } }",
    "groups by year": "{ visits { groups(by: START_YEAR, first: 50) { totalCount nodes { count keys { value } } } } }",
    "groups by country and year, of two countries": "{ visits(filter: {fromCity: {country: {key: {eq: \"CN\"}}}}) { groups(by: [TO_CITY_COUNTRY, START_DECADE]) { nodes { count keys { value record { key } } } } } }",
    "groups by host": "{ visits { groups(by: HOST, first: 20) { nodes { count keys { record { key } } } } } }",
    "groups by visiting office": "{ visits { groups(by: VISITING_OFFICE, first: 20) { nodes { count keys { value } } } } }",
    "groups by host, of the visits of a city": "{ city(by: {key: \"espoo\"}) { visits { groups(by: HOST, first: 20) { nodes { count keys { record { key } } } } } } }",
    "groups by year, ordered by different guests": "{ visits { groups(by: START_YEAR, countDistinct: GUEST, first: 20) { nodes { count keys { value } } } } }",
    "groups of a timeline": "{ timeline { groups(by: [DATE_DECADE, KIND], first: 50) { nodes { count keys { value } } } } }",
    "search": "{ search(query: \"helsin\", first: 10) { totalCount edges { node { key } snippet { text } } } }",
    "search with a misspelling": "{ search(query: \"Helsniki\", first: 10) { edges { node { key } } } }",
    "network: partners two steps away": "{ city(by: {key: \"espoo\"}) { network(statuses: [ACTIVE, UNVERIFIED]) { partners(distance: 2, first: 10) { totalCount edges { ways node { name } } } } } }",
    "network: shortest paths": "{ city(by: {key: \"rovaniemi\"}) { network(statuses: [ACTIVE, UNVERIFIED]) { paths(to: {key: \"la-paz-bo\"}) { distance totalCount nodes { cities { name } } } } } }",
    "network: size of the component": "{ city(by: {key: \"espoo\"}) { network(statuses: [ACTIVE, UNVERIFIED]) { componentSize } } }",
    "timeline of all": "{ timeline(first: 20, date: {possiblyWithin: \"2005\"}) { nodes { kind date { edtf } record { key } } } }",
    "timeline of a city": "{ city(by: {key: \"espoo\"}) { timeline(first: 20) { totalCount nodes { kind record { key } } } } }",
    "visits of a city, with its part": "{ city(by: {key: \"espoo\"}) { visits(first: 20) { totalCount edges { roles node { title } } } } }",
    "anniversaries": "{ visits(first: 20, filter: {start: {anniversaryWithin: \"2027-06-15\"}}) { totalCount nodes { title } } }",
    "places: nearest": "{ cities(first: 20, near: {city: {key: \"espoo\"}}) { edges { distance node { name } } } }",
    "places: within a radius": "{ cities(first: 20, near: {city: {key: \"espoo\"}, kilometers: 100}) { totalCount edges { distance node { name } } } }",
    "places: visits to cities within a radius": "{ visits(first: 20, filter: {toCity: {coordinates: {near: {city: {key: \"espoo\"}, kilometers: 50}}}}) { totalCount nodes { title } } }",
    "places: distances between partners": "{ city(by: {key: \"espoo\"}) { partnerships(first: 20) { edges { distance partner { name } } } } }",
    "partnerships as of a date": "{ partnerships(first: 20, asOf: \"1990-06\") { totalCount nodes { key } } }",
    "rankings: cities of a country by partnerships of a kind": "{ partnerships(filter: {kind: {eq: SISTER_CITY}}) { groups(by: [MEMBERS], filter: {city: {country: {key: {eq: \"FI\"}}}}, first: 10) { nodes { count keys { record { key } } } } } }",
    "rankings: cities by different partners": "{ partnerships { groups(by: MEMBERS, countDistinct: MEMBERS, first: 10) { nodes { count keys { record { key } } } } } }",
    "data quality: without a source": "{ dataQuality { withoutSource(first: 20) { totalCount nodes { key } } } }",
    "data quality: contradicted": "{ dataQuality { contradicted(first: 20) { totalCount nodes { key } } } }",
    "data quality: suspicious dates": "{ dataQuality { suspiciousDates(first: 20) { totalCount nodes { key } } } }",
    "data quality: one-sided entries": "{ dataQuality { oneSidedEntries(first: 20) { totalCount nodes { key } } } }",
    "data quality: positions": "{ dataQuality { danglingPositions(first: 20) { totalCount nodes { key } } overlappingOffices(first: 20) { totalCount nodes { key } } } }",
    "claims": "{ partnership(by: {key: \"espoo-shanghai\"}) { isDisputed claims { field value stance independentSources } } }",
}


def ask(url, query, name):
    body = json.dumps({"query": f"query {name} {query}", "operationName": name}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    answer = json.load(urllib.request.urlopen(request))
    if "errors" in answer:
        sys.exit(f"{query}: {answer['errors']}")


def main():
    url, log = sys.argv[1:]
    for number, query in enumerate(QUESTIONS.values()):
        for run in range(WARM_UP + RUNS):
            ask(url, query, f"Question{number}x{'warm' if run < WARM_UP else 'run'}")
    # The last line is written when its request has ended.
    time.sleep(1)
    found = {}
    for line in open(log, encoding="utf-8"):
        entry = json.loads(line) if line.startswith("{") else {}
        if entry.get("message") == "request":
            found.setdefault(entry.get("operation"), []).append((entry["duration_ms"], entry["statements"]))
    for number, name in enumerate(QUESTIONS):
        runs = found[f"Question{number}xrun"]
        times, statements = zip(*runs)
        assert len(runs) == RUNS and len(set(statements)) == 1, (name, runs)
        print(f"  {name:<48} {statements[0]:>2} statements  {statistics.median(times):>8.2f} ms")


if __name__ == "__main__":
    main()
