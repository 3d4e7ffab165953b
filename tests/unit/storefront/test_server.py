import json
import threading
from http.client import HTTPConnection

import pytest

from sandbox.errors import SandboxError
from sandbox.storefront.journal import DONE, Journal
from sandbox.storefront.messages import Unsaid
from sandbox.storefront.server import PAGE, Storefront, serve
from sandbox.storefront.shelf import Shelf

PAN = {"product_id": "P1", "name": "Copper Pan", "category_l1": "Kitchen", "price": 5, "currency": "EUR", "active": True}


class Counter:
    """Says what it was asked."""

    def take(self, given):
        if given.get("action") != "view":
            raise Unsaid("unknown action; expected view")
        return {"message_id": "m1", "status": 200}

    def visitor(self, query):
        raise SandboxError("Asking", "nobody answers")

    def recommend(self, placement, query):
        if placement == "broken":
            raise SandboxError("Recommendations", "answered 503")
        return {"placement": placement, "items": [], **query}


@pytest.fixture
def shop():
    journal = Journal(lambda: 1.0)
    storefront = Storefront(shelf=Shelf.of([PAN], []), counter=Counter(), journal=journal, facts={"categories": ["Kitchen"]})
    server = serve(storefront)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    connections: list[HTTPConnection] = []
    yield server.server_address[1], journal, connections
    for connection in connections:
        connection.close()
    server.shutdown()
    server.server_close()
    thread.join()


def ask(shop, path, body=None, **headers):
    connection = HTTPConnection("127.0.0.1", shop[0], timeout=30)
    shop[2].append(connection)
    sent = {"host": f"127.0.0.1:{shop[0]}", **({"content-type": "application/json"} if body else {}), **headers}
    connection.request("POST" if body else "GET", path, body=body, headers=sent)
    return connection.getresponse()


def test_every_file_of_the_page_is_served_and_nothing_else_may_be_loaded(shop):
    answers = {path: ask(shop, path) for path in ["/", *(f"/{each.name}" for each in PAGE.iterdir())]}

    assert {answer.status for answer in answers.values()} == {200}
    assert all("default-src 'none'" in answer.headers["content-security-policy"] for answer in answers.values())
    assert answers["/shop.js"].headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("path", ["/../server.py", "/server.py", "/page/index.html", "/api/nothing"])
def test_no_other_file_is_served(shop, path):
    assert ask(shop, path).status == 404


def test_products_are_found_by_category_words_and_ids(shop):
    found = [
        json.load(ask(shop, f"/api/products?{query}"))["products"] for query in ("category=Kitchen", "q=copper", "ids=P1,P9", "q=silver")
    ]

    assert [[each["product_id"] for each in products] for products in found] == [["P1"], ["P1"], ["P1"], []]


def test_a_click_is_taken(shop):
    assert json.load(ask(shop, "/api/events", b'{"action": "view"}')) == {"message_id": "m1", "status": 200}


@pytest.mark.parametrize("body", [b"no JSON", b"[]", b'{"action": "fly"}', b"[" * 60_000, b'{"action": "view", "who": "\\ud800"}'])
def test_a_click_that_cannot_be_told_is_refused(shop, body):
    answer = ask(shop, "/api/events", body)

    assert answer.status == 400
    assert "expected" in json.load(answer)["detail"]


@pytest.mark.parametrize("headers", [{"host": "shop.example"}, {"origin": "https://elsewhere.example"}, {"content-type": "text/plain"}])
def test_another_site_cannot_click(shop, headers):
    assert ask(shop, "/api/events", b'{"action": "view"}', **headers).status == 403


def test_a_shop_without_recommendations_is_still_a_shop(shop):
    answer = ask(shop, "/api/recommendations/broken")

    assert answer.status == 200
    assert json.load(answer).keys() >= {"items", "problem"}


def test_what_the_sandbox_refuses_is_told_in_its_words(shop):
    answer = ask(shop, "/api/visitor?anonymous_id=anon-1")

    assert answer.status == 502
    assert "Asking failed" in json.load(answer)["detail"]


def test_the_stream_tells_what_is_new(shop):
    answer = ask(shop, "/api/stream?anonymous_id=anon-1")
    first = json.loads(answer.readline().removeprefix(b"data: "))

    shop[1].begin("anon-1", id="m1", title="Product Viewed", about="Pan", at="now")
    shop[1].saw("m1", "door", DONE, "accepted")

    answer.readline()
    then = json.loads(answer.readline().removeprefix(b"data: "))
    assert first["traces"] == []
    assert then["traces"][0]["title"] == "Product Viewed"
    assert then["version"] > first["version"]


def test_a_port_that_is_taken_is_told(shop):
    storefront = Storefront(shelf=Shelf.of([PAN], []), counter=Counter(), journal=shop[1], facts={})

    with pytest.raises(SandboxError, match=r"--port"):
        serve(storefront, shop[0])
