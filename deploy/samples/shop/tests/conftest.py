"""A client of the shop for every test. Standard library only."""

import json
import os
import urllib.error
import urllib.request

import pytest


class Answer:
    def __init__(self, status, body, headers):
        self.status, self.body, self.headers = status, body, headers

    def __repr__(self):
        return "%d %s" % (self.status, self.body)


class Client:
    def __init__(self, base_url):
        self.base_url = base_url

    def call(self, method, path, body=None, raw=None):
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base_url + path, data=data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return Answer(answer.status, json.load(answer), answer.headers)
        except urllib.error.HTTPError as refused:
            with refused:
                return Answer(refused.code, json.load(refused), refused.headers)

    def get(self, path):
        return self.call("GET", path)

    def cart(self, **items):
        """A new cart with so many of each product; its number."""
        cart = self.call("POST", "/carts").body["id"]
        for product, quantity in items.items():
            answer = self.call("PUT", "/carts/%d/items/%s" % (cart, product), {"quantity": quantity})
            assert answer.status == 201, answer
        return cart

    def order(self, coupon=None, **items):
        """Buys; the order."""
        answer = self.call("POST", "/carts/%d/checkout" % self.cart(**items), {"coupon": coupon} if coupon else {})
        assert answer.status == 201, answer
        return answer.body


@pytest.fixture(scope="session")
def shop():
    return Client(os.environ["BASE_URL"])
