#!/usr/bin/env python3
"""Turns two foreign data sets into the directory of CSV files that `coopgraph import` reads.

    to_import_form.py world   DIR_IN DIR_OUT [--countries FILE]
    to_import_form.py harness DIR_IN DIR_OUT [--as-is]

The output holds all files of the import form, with a header only where there is nothing to say, and is the same for the
same input. Flaws of the input are told on standard error.

world: twin towns as Wikidata knows them (`cities.csv`: geonames_id, name, country, admin1, lat, lon, population,
wikidata_qid, name_zh; `partnerships.csv`: city_a, city_b, datasets).
  - Keys are `gn-<geonames id>` and `gn-<a>-<b>`. GeoNames and Wikidata ids become identifiers, Chinese names become names.
  - Each pair is a sister city, unverified, municipal; a citation (field `exists`, supports) for each yearly extract
    that has it. The countries in use are taken from the file of `--countries`.
  - A population of 0 is GeoNames' way of saying that it does not know; it becomes empty. `admin1` is left out: it is
    GeoNames' own code, and the GeoNames id leads to it.

harness: what the generator of the performance harness writes.
  - Keys are the name of the table and the id in seven digits (`visit-0000123`), so that keys sort as ids do; countries
    have their two letters, and made-up alpha-3 and numeric codes, for the generator has none.
  - A visit's city is `to_city`, its summary `note`; its host organization and its delegates are participations
    (`host-<visit id>`, `delegate-<id>`), parts in events are `event-<id>`.
  - Citations speak of the visit as a whole (field `record`). A country's population is an indicator.
  - An official's email is `note`; the year of birth is left out, as nothing but the office of a person is kept.
  - The generator's partnerships lead from a city to another, those of coopgraph join both. So that a city has the same
    partnerships in both, the second city is a twin of its own (`twin-<city id>`: the same name, country, place and
    population); `--as-is` joins the cities themselves, and leaves out pairs of a city with itself.
  - Enumerations are mapped one to one by the tables in this file: ROLES, EVENT_ROLES, PARTNERSHIPS, ORGANIZATIONS.
"""

import argparse
import csv
import math
import re
import sys
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path

# The headers of all files of the import form, as the bundled data has them.
DATA = Path(__file__).resolve().parent.parent / "data"
FILES = {path.stem: path.open(encoding="utf-8").readline().rstrip("\n") for path in sorted(DATA.glob("*.csv"))}

# The generator's words, each with a word of coopgraph of its own. `host` is kept for the host organization.
ROLES = {"head": "leader", "member": "member", "interpreter": "supporter", "observer": "guest", "expert": "speaker"}
EVENT_ROLES = {"exhibitor": "exhibitor", "sponsor": "supporter", "speaker": "speaker", "guest": "guest"}
PARTNERSHIPS = {"sister_city": "sister_city", "friendship": "friendship_city", "technical": "friendly_exchange"}
ORGANIZATIONS = {
    "university": "university",
    "ministry": "ministry",
    "chamber": "association",
    "company": "company",
    "ngo": "service_organization",
    "city_hall": "city_government",
}

WIDTH = 7  # digits of an id in a key: enough for ten times the usual size
SAMPLES = 8  # how many cases of a flaw are shown


def flaw(what, cases):
    """Tells of a flaw of the input, if there are cases of it."""
    cases = list(cases)
    if cases:
        more = ", ..." if len(cases) > SAMPLES else ""
        print(f"{what}: {len(cases)}: {', '.join(map(str, cases[:SAMPLES]))}{more}", file=sys.stderr)


def read(directory, table):
    """The rows of a file of the input."""
    with open(directory / f"{table}.csv", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


class Output:
    """The directory being written."""

    def __init__(self, directory):
        self.directory = directory
        self.missing = dict(FILES)
        directory.mkdir(parents=True, exist_ok=True)

    def write(self, table, rows, ordered=False):
        """Writes a file; a row names the cells that are not empty. `ordered` rows come in the order of their keys."""
        header = self.missing.pop(table).split(",")
        usual = {"language": "en", "visibility": "public"} if header[0] == "key" else {}
        cells = ([row.get(column, usual.get(column, "")) for column in header] for row in rows)
        if not ordered:
            # The order of UTF-8 bytes is that of code points, by which Python compares texts.
            by = (lambda row: row[0]) if header[0] == "key" else None
            cells = sorted(cells, key=by)
        with open(self.directory / f"{table}.csv", "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(cells)

    def finish(self):
        """Writes the files that nothing was said about, and counts the rows of all."""
        for table in list(self.missing):
            self.write(table, [])
        for table in FILES:
            with open(self.directory / f"{table}.csv", encoding="utf-8", newline="") as file:
                print(f"{table} {sum(1 for _ in csv.reader(file)) - 1}")


# ---------------------------------------------------------------------------------------------------------------- world

WIKIDATA = {
    "wikidata2016": ("2016", "Twinned administrative bodies (P190): extract of 2016"),
    "wikidata2022": ("2022", "Twinned administrative bodies (P190): extract of 2022"),
    "wikidata2025eu": ("2025", "Twinned administrative bodies (P190): extract of 2025, European part"),
}


def kilometres(a, b):
    """The distance of two cities on a sphere."""
    (y1, x1), (y2, x2) = (map(math.radians, (float(c["lat"]), float(c["lon"]))) for c in (a, b))
    h = math.sin((y2 - y1) / 2) ** 2 + math.cos(y1) * math.cos(y2) * math.sin((x2 - x1) / 2) ** 2
    return 2 * 6371 * math.asin(math.sqrt(min(1, h)))


def close(cities, limit):
    """The pairs of cities of one country that are closer than `limit` kilometres, at most 50."""
    cells = defaultdict(list)
    step = limit / 50
    for city in cities:
        cells[city["country"], round(float(city["lat"]) / step), round(float(city["lon"]) / step)].append(city)
    for (country, y, x), here in cells.items():
        for dy in (-1, 0, 1):
            for dx in (-1, 0, 1):
                for b in cells.get((country, y + dy, x + dx), ()):
                    for a in here:
                        if int(a["geonames_id"]) < int(b["geonames_id"]) and kilometres(a, b) < limit:
                            yield a, b


def world(source, out, countries):
    """The twin towns of Wikidata."""
    cities, again = {}, []
    for city in read(source, "cities"):
        if cities.setdefault(city["geonames_id"], city) is not city:
            again.append(city["geonames_id"])
    flaw("cities with the GeoNames id of an earlier one (left out)", again)

    with open(countries, encoding="utf-8", newline="") as file:
        known = {row["key"]: row for row in csv.DictReader(file)}
    flaw("cities of an unknown country (left out)", (i for i, c in cities.items() if c["country"] not in known))
    cities = {i: c for i, c in cities.items() if c["country"] in known}

    say = "{0[name]} ({0[geonames_id]})".format
    named = defaultdict(list)
    for city in cities.values():
        named[city["name"], city["country"]].append(city)
    flaw("cities with the name and country of another (kept)", (say(c) for cs in named.values() for c in cs[1:]))
    near = list(close(cities.values(), 1))
    flaw("cities less than 1 km from another of the same country (kept)", (f"{say(a)} and {say(b)}" for a, b in near))
    flaw("names that are not in normal form C (normalised)", (say(c) for c in cities.values() if not unicodedata.is_normalized("NFC", c["name"] + c["name_zh"])))
    print(f"cities without a population: {sum(c['population'] in ('', '0') for c in cities.values())}", file=sys.stderr)
    print(f"cities without a Wikidata id: {sum(not c['wikidata_qid'] for c in cities.values())}", file=sys.stderr)

    items, twice, strange = {}, [], []
    for i, city in cities.items():
        item = city["wikidata_qid"]
        if item and not re.fullmatch(r"Q[1-9]\d*", item):
            strange.append(item)
        elif item and items.setdefault(item, i) != i:
            twice.append(item)
    flaw("Wikidata ids of no known form (left out)", strange)
    flaw("Wikidata ids of an earlier city (left out)", twice)

    pairs, dangling, loops, doubles, unknown = {}, [], [], [], Counter()
    for row in read(source, "partnerships"):
        a, b = sorted((row["city_a"], row["city_b"]), key=int)
        datasets = [d for d in row["datasets"].split(";") if d]
        unknown.update(d for d in datasets if d not in WIKIDATA)
        if a not in cities or b not in cities:
            dangling.append(f"{a}-{b}")
        elif a == b:
            loops.append(a)
        else:
            if (a, b) in pairs:
                doubles.append(f"{a}-{b}")
            pairs.setdefault((a, b), set()).update(d for d in datasets if d in WIKIDATA)
    flaw("pairs with an unknown city (left out)", dangling)
    flaw("pairs of a city with itself (left out)", loops)
    flaw("pairs that came before, in either direction (joined)", doubles)
    flaw("datasets of no known name (left out)", unknown)
    flaw("pairs that no dataset vouches for (kept, uncited)", (f"{a}-{b}" for (a, b), ds in pairs.items() if not ds))
    neighbours = [(cities[a], cities[b]) for a, b in pairs if kilometres(cities[a], cities[b]) < 10]
    flaw("partners less than 10 km apart (kept)", (f"{say(a)} and {say(b)}" for a, b in neighbours))
    alone = set(cities).difference(*pairs)
    flaw("cities without a partner (kept)", (say(cities[i]) for i in sorted(alone, key=int)))

    normal = lambda text: unicodedata.normalize("NFC", text)
    used = {city["country"] for city in cities.values()}
    out.write("countries", (known[key] for key in used))
    out.write("cities", (
        {
            "key": f"gn-{i}",
            "name": normal(c["name"]),
            "kind": "city",
            "country": c["country"],
            "latitude": c["lat"],
            "longitude": c["lon"],
            "population": "" if c["population"] == "0" else c["population"],
        }
        for i, c in cities.items()
    ))
    out.write("partnerships", (
        {"key": f"gn-{a}-{b}", "members": f"gn-{a};gn-{b}", "kind": "sister_city", "status": "unverified", "level": "municipal"}
        for a, b in pairs
    ))
    out.write("names", (
        {"record_kind": "city", "record": f"gn-{i}", "language": "zh", "name": normal(c["name_zh"])} for i, c in cities.items() if c["name_zh"]
    ))
    identifiers = [("geonames", i, i) for i in cities] + [("wikidata", item, i) for item, i in items.items()]
    out.write("identifiers", ({"record_kind": "city", "record": f"gn-{i}", "scheme": scheme, "value": value} for scheme, value, i in identifiers))
    out.write("sources", (
        {
            "key": dataset,
            "title": title,
            "publisher": "Wikidata",
            "url": "https://www.wikidata.org/wiki/Property:P190",
            "published": year,
            "kind": "dataset",
            "note": "CC0 1.0; ids, coordinates and populations of the cities: GeoNames, geonames.org, CC BY 4.0",
        }
        for dataset, (year, title) in WIKIDATA.items()
    ))
    out.write("citations", (
        {
            "key": f"gn-{a}-{b}-{dataset}",
            "record_kind": "partnership",
            "record": f"gn-{a}-{b}",
            "field": "exists",
            "claimed_value": "yes",
            "source": dataset,
            "stance": "supports",
        }
        for (a, b), datasets in pairs.items()
        for dataset in datasets
    ))


# -------------------------------------------------------------------------------------------------------------- harness


def key(prefix, number):
    """The key of a row of the generator."""
    return f"{prefix}-{int(number):0{WIDTH}}"


def harness(source, out, as_is):
    """What the generator of the performance harness wrote."""
    code = {c["id"]: c["iso2"] for c in read(source, "countries")}
    out.write("countries", (
        {"key": c["iso2"], "name": c["name"], "alpha3": c["iso2"] + "X", "numeric": f"{int(c['id']):03}", "region": c["region"]}
        for c in read(source, "countries")
    ))
    out.write("indicators", (
        {
            "key": f"population-{c['iso2']}",
            "subject_kind": "country",
            "subject": c["iso2"],
            "measure": "population",
            "value": c["population"],
            "unit": "persons",
            "comparator": "exactly",
        }
        for c in read(source, "countries")
    ))

    pairs = list(read(source, "partnerships"))
    loops = [p["id"] for p in pairs if p["city_a_id"] == p["city_b_id"]]
    if as_is:
        flaw("partnerships of a city with itself (left out)", loops)
        pairs = [p for p in pairs if p["city_a_id"] != p["city_b_id"]]
        second, twins = "city", set()
    else:
        flaw("partnerships of a city with itself (kept, with its twin)", loops)
        second, twins = "twin", {p["city_b_id"] for p in pairs}

    def cities():
        for prefix in ("city", "twin"):
            for c in read(source, "cities"):
                if prefix == "city" or c["id"] in twins:
                    yield {
                        "key": key(prefix, c["id"]),
                        "name": c["name"],
                        "kind": "city",
                        "country": code[c["country_id"]],
                        "latitude": c["lat"],
                        "longitude": c["lon"],
                        "population": c["population"],
                    }

    def participations():
        for d in read(source, "visit_delegates"):
            yield {
                "key": key("delegate", d["id"]),
                "activity_kind": "visit",
                "activity": key("visit", d["visit_id"]),
                "participant_kind": "official",
                "participant": key("official", d["official_id"]),
                "role": ROLES[d["role"]],
                "status": "attended",
            }
        for p in read(source, "event_participations"):
            yield {
                "key": key("event", p["id"]),
                "activity_kind": "event",
                "activity": key("event", p["event_id"]),
                "participant_kind": "organization",
                "participant": key("organization", p["organization_id"]),
                "role": EVENT_ROLES[p["role"]],
            }
        for v in read(source, "visits"):
            yield {
                "key": key("host", v["id"]),
                "activity_kind": "visit",
                "activity": key("visit", v["id"]),
                "participant_kind": "organization",
                "participant": key("organization", v["host_organization_id"]),
                "role": "host",
                "status": "attended",
            }

    # The generator counts ids upwards, so that its order is that of the keys.
    put = lambda table, rows: out.write(table, rows, ordered=True)
    put("cities", cities())
    put("partnerships", (
        {
            "key": key("partnership", p["id"]),
            "members": f"{key('city', p['city_a_id'])};{key(second, p['city_b_id'])}",
            "kind": PARTNERSHIPS[p["kind"]],
            "since": p["since_year"],
            "status": "active",
            "level": "municipal",
        }
        for p in pairs
    ))
    put("organizations", (
        {"key": key("organization", o["id"]), "name": o["name"], "kind": ORGANIZATIONS[o["kind"]], "city": key("city", o["city_id"])}
        for o in read(source, "organizations")
    ))
    put("officials", ({"key": key("official", o["id"]), "name": o["full_name"], "note": o["email"]} for o in read(source, "officials")))
    put("positions", (
        {
            "key": key("position", p["id"]),
            "official": key("official", p["official_id"]),
            "title": p["title"],
            "organization": key("organization", p["organization_id"]),
            "start": p["from_date"],
            "end": p["to_date"],
        }
        for p in read(source, "positions")
    ))
    put("visits", (
        {
            "key": key("visit", v["id"]),
            "title": v["title"],
            "kind": "delegation",
            "start": v["start_date"],
            "end": v["end_date"],
            "to_city": key("city", v["city_id"]),
            "purpose": v["purpose"],
            "note": v["summary"],
        }
        for v in read(source, "visits")
    ))
    put("innovation_centers", (
        {
            "key": key("innovation-center", c["id"]),
            "name": c["name"],
            "kind": "innovation_center",
            "city": key("city", c["city_id"]),
            "operator": key("organization", c["operator_organization_id"]),
            "founded": c["founded"],
            "status": "unknown",
        }
        for c in read(source, "innovation_centers")
    ))
    put("events", (
        {
            "key": key("event", e["id"]),
            "name": e["name"],
            "is_series": "false",
            "start": e["start_date"],
            "end": e["end_date"],
            "venue": e["venue"],
            "city": key("city", e["city_id"]),
        }
        for e in read(source, "events")
    ))
    put("participations", participations())
    put("sources", (
        {
            "key": key("source", s["id"]),
            "title": s["title"],
            "publisher": s["publisher"],
            "url": s["url"],
            "published": s["published"],
            "kind": "news",
        }
        for s in read(source, "sources")
    ))
    put("citations", (
        {
            "key": key("citation", c["id"]),
            "record_kind": "visit",
            "record": key("visit", c["visit_id"]),
            "field": "record",
            "source": key("source", c["source_id"]),
            "stance": "supports",
        }
        for c in read(source, "citations")
    ))


def main():
    about, _, details = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(description=about, epilog=details, formatter_class=argparse.RawDescriptionHelpFormatter)
    modes = parser.add_subparsers(dest="mode", required=True, metavar="MODE")
    for name, function in (("world", world), ("harness", harness)):
        mode = modes.add_parser(name, help=function.__doc__, description=function.__doc__)
        mode.add_argument("dir_in", type=Path, help="the directory with the CSV files to read")
        mode.add_argument("dir_out", type=Path, help="the directory to write; it is made, and its files are replaced")
    countries = Path(__file__).resolve().parent.parent / "data" / "countries.csv"
    modes.choices["world"].add_argument("--countries", type=Path, default=countries, help="countries.csv in the import form (that of the bundled data)")
    modes.choices["harness"].add_argument("--as-is", action="store_true", help="join the cities of a pair themselves, without twins")
    args = parser.parse_args()
    out = Output(args.dir_out)
    if args.mode == "world":
        world(args.dir_in, out, args.countries)
    else:
        harness(args.dir_in, out, args.as_is)
    out.finish()


if __name__ == "__main__":
    main()
