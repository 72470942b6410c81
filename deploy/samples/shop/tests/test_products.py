"""What the shop sells."""

import pytest


def test_the_shop_is_healthy(shop):
    assert shop.get("/health").body == {"status": "ok"}


def test_the_shop_says_its_version(shop):
    assert shop.get("/version").body["version"]


def test_products_are_listed_in_order(shop):
    ids = [product["id"] for product in shop.get("/products").body["products"]]
    assert ids == sorted(ids) and len(ids) == 6


@pytest.mark.parametrize("text, found", [("tea", ["kettle", "teapot"]), ("BREAD", ["bread"]), ("nothing", [])])
def test_products_are_found_by_name(shop, text, found):
    assert [product["id"] for product in shop.get("/products?q=" + text).body["products"]] == found


@pytest.mark.parametrize("product, price", [("apple", 45), ("bread", 389), ("cheese", 1275), ("kettle", 4990)])
def test_a_product_has_its_price(shop, product, price):
    assert shop.get("/products/" + product).body["price"] == price


def test_an_unknown_product_is_not_found(shop):
    answer = shop.get("/products/unicorn")
    assert (answer.status, answer.body["error"]) == (404, "There is no product 'unicorn'.")


def test_answers_are_json(shop):
    assert shop.get("/products").headers["Content-Type"] == "application/json"


def test_an_unknown_page_is_not_found(shop):
    assert shop.get("/nowhere").status == 404


def test_products_cannot_be_deleted(shop):
    assert shop.call("DELETE", "/products/apple").status == 405
