"""Exports, read by libraries of Python: CSV by its own, calendars by icalendar.

    BASE_URL=http://127.0.0.1:8000 DATA=../../data .venv/bin/python -m unittest python_formats

DATA is the directory of the CSV files that the server has loaded.
"""

import csv
import datetime
import io
import json
import os
import unittest
import urllib.error
import urllib.parse
import urllib.request

from icalendar import Calendar

BASE_URL = os.environ["BASE_URL"]
DATA = os.environ.get("DATA", "../../data")
# Seconds.
DEADLINE = int(os.environ.get("DEADLINE_MS", "10000")) / 1000


def get(path, **parameters):
    query = urllib.parse.urlencode(
        {name: value if isinstance(value, str) else json.dumps(value) for name, value in parameters.items()}
    )
    with urllib.request.urlopen(f"{BASE_URL}{path}?{query}", timeout=DEADLINE) as answer:
        return answer.read().decode("utf-8")


def table(path, **parameters):
    return list(csv.DictReader(io.StringIO(get(path, **parameters), newline="")))


def bundled(name):
    with open(os.path.join(DATA, f"{name}.csv"), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def day(text):
    """A date that is known to the day; None for all others."""
    try:
        return datetime.date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


class Csv(unittest.TestCase):
    def test_files_have_what_was_imported(self):
        for name in ("visits", "cities", "citations", "partnerships", "participations", "events", "sources"):
            with self.subTest(name):
                exported = {row["key"]: row for row in table(f"/export/{name}.csv", exact="true")}
                imported = bundled(name)
                self.assertEqual(len(exported), len(imported))
                for row in imported:
                    found = exported[row["key"]]
                    self.assertEqual({header: found[header] for header in row}, row)
                    self.assertIsNotNone(datetime.datetime.fromisoformat(found["updated_at"]).tzinfo)

    def test_filters_and_orders_are_those_of_lists(self):
        found = table("/export/cities.csv", filter={"country": {"key": {"eq": "FI"}}}, orderBy="KEY_DESC")
        expected = sorted((row["key"] for row in bundled("cities") if row["country"] == "FI"), reverse=True)
        self.assertEqual([row["key"] for row in found], expected)
        self.assertEqual(table("/export/visits.csv", filter={"key": {"eq": "none"}}), [])


class Calendars(unittest.TestCase):
    def events(self, **parameters):
        text = get("/calendar.ics", **parameters)
        for line in text.removesuffix("\r\n").split("\r\n"):
            self.assertLessEqual(len(line.encode()), 75)
            self.assertNotIn("\n", line)
        calendar = Calendar.from_ical(text)
        self.assertEqual(str(calendar["VERSION"]), "2.0")
        self.assertEqual(calendar.errors, [])
        found = {}
        for event in calendar.walk("VEVENT"):
            self.assertEqual(event.errors, [])
            self.assertNotIn(str(event["UID"]), found)
            found[str(event["UID"])] = event
        return found

    def expected(self, keep=lambda row: True):
        """The days of the visits and events that are known to the day, by title: the first, and the first after the end."""
        days = []
        for name, title in (("visits", "title"), ("events", "name")):
            for row in bundled(name):
                first = day(row["start"])
                if first and row.get("is_series") != "true" and keep(row):
                    last = day(row["end"]) or first
                    days.append((row[title], first, last + datetime.timedelta(days=1)))
        return sorted(days)

    def test_what_is_known_to_the_day_is_in_the_calendar(self):
        found = self.events()
        days = sorted((str(event["SUMMARY"]), event["DTSTART"].dt, event["DTEND"].dt) for event in found.values())
        self.assertEqual(days, self.expected())
        self.assertGreater(len(days), 20)
        for uid, event in found.items():
            self.assertRegex(uid, r"^(visit|event)_[0-9a-z]{26}$")
            self.assertEqual(str(event["URL"]), f"{BASE_URL}/id/{uid}")
            self.assertEqual(event["LAST-MODIFIED"].dt, event["DTSTAMP"].dt)
            self.assertEqual(int(event["SEQUENCE"]), 0)
        # They are the same when the calendar is read again.
        self.assertEqual(self.events().keys(), found.keys())

    def test_a_calendar_can_be_that_of_a_place(self):
        countries = {row["key"]: row["country"] for row in bundled("cities")}
        stops = bundled("visit_stops")

        def is_in(country):
            def keep(row):
                own = [row.get("from_country"), row.get("to_country")]
                own += [countries.get(row.get(name)) for name in ("from_city", "to_city", "city")]
                own += [stop["country"] or countries.get(stop["city"]) for stop in stops if stop["visit"] == row["key"]]
                return country in own

            return keep

        for country in ("FI", "CN", "SE"):
            found = self.events(country=country)
            self.assertEqual(sorted(str(event["SUMMARY"]) for event in found.values()), [title for title, *_ in self.expected(is_in(country))])
        found = self.events(city="espoo", filter={"visit": {"kind": {"eq": "DELEGATION"}}})
        titles = [
            row["title"]
            for row in bundled("visits")
            if day(row["start"]) and row["kind"] == "delegation" and "espoo" in (row["from_city"], row["to_city"])
        ]
        self.assertEqual(sorted(str(event["SUMMARY"]) for event in found.values()), sorted(titles))


if __name__ == "__main__":
    unittest.main()
