"""What the edge must do with requests, over HTTP. EDGE_URL says where it answers."""

import http.client
import json
import os
import urllib.parse

import pytest


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()


@pytest.fixture
def call():
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(os.environ["EDGE_URL"]).netloc, timeout=10)

    def send(path, method="GET", **headers):
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        return Answer(connection.getresponse())

    yield send
    connection.close()


def test_the_front_page_is_served(call):
    answer = call("/")
    assert answer.status == 200 and b"<h1>Shop</h1>" in answer.body


def test_it_says_its_version(call):
    assert json.loads(call("/version.json").body)["version"]


def test_a_missing_page_has_a_page_of_its_own(call):
    answer = call("/nowhere")
    assert answer.status == 404 and b"There is nothing here" in answer.body


def test_an_old_address_leads_to_the_new_one_for_good(call):
    answer = call("/basket")
    assert answer.status == 301 and answer.headers["Location"].endswith("/cart")


def test_assets_are_kept_for_a_day(call):
    assert "max-age=86400" in call("/assets/shop.css").headers["Cache-Control"]


def test_assets_are_compressed(call):
    answer = call("/assets/shop.css", Accept_Encoding="gzip")
    assert answer.headers["Content-Encoding"] == "gzip" and answer.body[:2] == b"\x1f\x8b"


@pytest.mark.parametrize("path", ["/", "/assets/shop.css"])
def test_browsers_must_not_guess_types(call, path):
    assert call(path).headers["X-Content-Type-Options"] == "nosniff"


def test_nothing_can_be_posted(call):
    assert call("/", method="POST").status == 403


def test_it_does_not_say_which_nginx_it_is(call):
    assert call("/").headers["Server"] == "nginx"
