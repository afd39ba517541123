"""gql, the GraphQL client of Python, over HTTP and WebSockets, with each library that it can use for them.

    BASE_URL=http://127.0.0.1:8000 .venv/bin/python -m unittest python_gql

CHANGE_COMMAND makes the data change; without it, that test is skipped. DEADLINE_MS is how long anything may take. The data
are the bundled ones.
"""

import asyncio
import datetime
import os
import subprocess
import unittest

from gql import Client, gql
from gql.dsl import DSLQuery, DSLSchema, dsl_gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.aiohttp_websockets import AIOHTTPWebsocketsTransport
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport, HTTPXTransport
from gql.transport.requests import RequestsHTTPTransport
from gql.transport.websockets import WebsocketsTransport
from gql.utilities import update_schema_scalar
from graphql import GraphQLError, GraphQLScalarType

BASE_URL = os.environ["BASE_URL"]
CHANGE_COMMAND = os.environ.get("CHANGE_COMMAND")
# Seconds.
DEADLINE = int(os.environ.get("DEADLINE_MS", "10000")) / 1000

HTTP_URL = f"{BASE_URL}/graphql"
WEBSOCKET_URL = HTTP_URL.replace("http", "ws", 1)

SYNC = {
    "requests": lambda: RequestsHTTPTransport(HTTP_URL, timeout=DEADLINE),
    "httpx": lambda: HTTPXTransport(HTTP_URL, timeout=DEADLINE),
}
ASYNC = {
    "aiohttp": lambda: AIOHTTPTransport(HTTP_URL, timeout=DEADLINE),
    "httpx": lambda: HTTPXAsyncTransport(HTTP_URL, timeout=DEADLINE),
}
SOCKETS = {
    "websockets": lambda **more: WebsocketsTransport(WEBSOCKET_URL, **more),
    "aiohttp": lambda **more: AIOHTTPWebsocketsTransport(WEBSOCKET_URL, **more),
}

ESPOO = """query Espoo($key: String!, $languages: [String!]!) {
  city(by: {key: $key}) { __typename name label(languages: $languages) { name language } country { key } }
}"""
ESPOO_VALUES = {"key": "espoo", "languages": ["sv"]}
ESPOO_IS = {
    "city": {
        "__typename": "City",
        "name": "Espoo",
        "label": {"name": "Esbo", "language": "sv"},
        "country": {"key": "FI"},
    }
}
PAGE = """query Page($first: Int!, $after: String, $country: String!) {
  cities(first: $first, after: $after, filter: {country: {key: {eq: $country}}}, orderBy: KEY_ASC) {
    totalCount
    edges { cursor node { key } }
    pageInfo { hasNextPage endCursor }
  }
}"""
# What a client without the schema cannot know to be wrong; the first is found in the document, the second in the variables,
# the third when it runs, beside data.
WRONG = [
    ("query Wrong { nonsense }", None, "GRAPHQL_VALIDATION_FAILED", None),
    ("query Wrong($key: String!) { city(by: {key: $key}) { name } }", {"key": None}, "INVALID_VARIABLES", None),
    (
        'query Wrong { espoo: city(by: {key: "espoo"}) { name } cities(first: 1000) { totalCount } }',
        None,
        "INVALID_PAGE",
        {"espoo": {"name": "Espoo"}, "cities": None},
    ),
]
CHANGED = "subscription Changed { datasetChanged { version changedAt } }"


def request(document, values=None):
    made = gql(document)
    made.variable_values = values
    return made


def pages(ask):
    """The keys on all pages, as a coroutine; `ask` gives the answer to values of variables."""

    async def read():
        keys, after = [], None
        while True:
            cities = (await ask({"first": 10, "after": after, "country": "FI"}))["cities"]
            keys += [edge["node"]["key"] for edge in cities["edges"]]
            if not cities["pageInfo"]["hasNextPage"]:
                return keys, cities["totalCount"]
            after = cities["pageInfo"]["endCursor"]

    return read()


class TestCase(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        # Otherwise, it tells of each callback that takes long, as on a busy machine.
        asyncio.get_running_loop().set_debug(False)


async def refusal(asked):
    """The error with which the server answers."""
    # Not `assertRaises`: it clears the frames of the exception, and with them ends the task that reads the socket.
    try:
        answer = await asked
    except TransportQueryError as error:
        return error
    raise AssertionError(f"no error: {answer}")


class Checks(TestCase):
    """What holds for each transport."""

    async def check(self, execute):
        """`execute` sends a request, and gives its data."""
        self.assertEqual(await execute(request(ESPOO, ESPOO_VALUES)), ESPOO_IS)
        keys, total = await pages(lambda values: execute(request(PAGE, values)))
        self.assertEqual(len(keys), total)
        self.assertGreater(total, 20, "more than two pages")
        self.assertEqual(keys, sorted(set(keys)))
        for document, values, code, data in WRONG:
            refused = await refusal(execute(request(document, values)))
            self.assertEqual([error["extensions"]["code"] for error in refused.errors], [code], document)
            self.assertEqual(refused.data, data)


class Http(Checks):
    async def test_queries_errors_and_pages(self):
        for name, transport in ASYNC.items():
            with self.subTest(name):
                async with Client(transport=transport(), execute_timeout=DEADLINE) as session:
                    await self.check(session.execute)

    async def test_queries_errors_and_pages_of_blocking_clients(self):
        for name, transport in SYNC.items():
            with self.subTest(name):
                with Client(transport=transport()) as session:

                    async def execute(made):
                        return await asyncio.to_thread(session.execute, made)

                    await self.check(execute)

    async def test_several_requests_at_once(self):
        for name, transport in ASYNC.items():
            with self.subTest(name):
                async with Client(transport=transport(), execute_timeout=DEADLINE) as session:
                    asked = [session.execute(request(ESPOO, ESPOO_VALUES)) for _ in range(20)]
                    self.assertEqual(await asyncio.gather(*asked), [ESPOO_IS] * 20)


class Schema(TestCase):
    """With the schema from introspection, gql itself checks documents, builds them, and reads values."""

    def client(self):
        return Client(
            transport=AIOHTTPTransport(HTTP_URL, timeout=DEADLINE),
            fetch_schema_from_transport=True,
            introspection_args={"input_value_deprecation": True, "specified_by_url": True},
            execute_timeout=DEADLINE,
            parse_results=True,
        )

    async def test_documents_are_checked_before_they_are_sent(self):
        async with self.client() as session:
            with self.assertRaises(GraphQLError) as raised:
                await session.execute(request("{ cities { nodes { nonsense } } }"))
            self.assertIn("Cannot query field 'nonsense' on type 'City'", str(raised.exception))

    async def test_values_of_scalars_are_read(self):
        async with self.client() as session:
            moment = GraphQLScalarType("DateTime", parse_value=datetime.datetime.fromisoformat)
            update_schema_scalar(session.client.schema, "DateTime", moment)
            read = await session.execute(request("{ cities(first: 3) { nodes { createdAt kind latitude } } }"))
            self.assertEqual(len(read["cities"]["nodes"]), 3)
            for city in read["cities"]["nodes"]:
                self.assertIsNotNone(city["createdAt"].tzinfo)

    async def test_documents_are_built_from_the_schema(self):
        async with self.client() as session:
            schema = DSLSchema(session.client.schema)
            city = schema.Query.city(by={"key": "espoo"}).select(schema.City.name, schema.City.kind)
            built = dsl_gql(DSLQuery(city))
            self.assertEqual(await session.execute(built), {"city": {"name": "Espoo", "kind": "CITY"}})


class Sockets(Checks):
    async def test_queries_errors_and_pages(self):
        for name, transport in SOCKETS.items():
            with self.subTest(name):
                made = transport()
                async with Client(transport=made, execute_timeout=DEADLINE) as session:
                    # It offers an older protocol, too.
                    self.assertEqual(made.subprotocol, "graphql-transport-ws")
                    await self.check(session.execute)

    async def test_pings_are_answered(self):
        for name, transport in SOCKETS.items():
            with self.subTest(name):
                # Without an answer, the client would close the socket, and the subscription would fail.
                made = transport(ping_interval=0.05, pong_timeout=DEADLINE)
                async with Client(transport=made, execute_timeout=DEADLINE) as session:
                    for _ in range(3):
                        made.pong_received.clear()
                        await asyncio.wait_for(made.pong_received.wait(), DEADLINE)
                    self.assertEqual(await session.execute(request(ESPOO, ESPOO_VALUES)), ESPOO_IS)

    async def test_a_refused_subscription_fails(self):
        for name, transport in SOCKETS.items():
            with self.subTest(name):
                async with Client(transport=transport(), execute_timeout=DEADLINE) as session:
                    refused = await refusal(anext(session.subscribe(request("subscription { nonsense }"))))
                    self.assertEqual(refused.errors[0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED")
                    # The socket stays open.
                    self.assertEqual(await session.execute(request(ESPOO, ESPOO_VALUES)), ESPOO_IS)

    @unittest.skipUnless(CHANGE_COMMAND, "needs CHANGE_COMMAND")
    async def test_a_subscription_tells_of_changes(self):
        for name, transport in SOCKETS.items():
            with self.subTest(name):
                async with Client(transport=transport(), execute_timeout=DEADLINE) as session:
                    results = session.subscribe(request(CHANGED))
                    first = await asyncio.wait_for(anext(results), DEADLINE)
                    # Another operation on the same socket, while the subscription waits.
                    self.assertEqual(await session.execute(request(ESPOO, ESPOO_VALUES)), ESPOO_IS)
                    await asyncio.to_thread(subprocess.run, CHANGE_COMMAND, shell=True, check=True, timeout=DEADLINE)
                    second = await asyncio.wait_for(anext(results), DEADLINE)
                    versions = [result["datasetChanged"]["version"] for result in (first, second)]
                    self.assertEqual(versions[1], versions[0] + 1)
                    await results.aclose()
                    self.assertEqual(await session.execute(request(ESPOO, ESPOO_VALUES)), ESPOO_IS)
