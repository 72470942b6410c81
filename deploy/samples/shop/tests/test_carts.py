"""Carts: what is in them, what they hold back from others, and when they give it up."""

import concurrent.futures
import time

import pytest


def test_a_new_cart_is_empty(shop):
    cart = shop.call("POST", "/carts").body
    assert (cart["items"], cart["total"], cart["state"]) == ([], 0, "OPEN")


def test_a_cart_adds_up(shop):
    cart = shop.get("/carts/%d" % shop.cart(apple=3, bread=1)).body
    assert cart["total"] == 3 * 45 + 389


def test_an_item_is_taken_out_again(shop):
    cart = shop.cart(apple=3, bread=1)
    left = shop.call("PUT", "/carts/%d/items/apple" % cart, {"quantity": 0}).body["items"]
    assert [line["product_id"] for line in left] == ["bread"]


@pytest.mark.parametrize("quantity", [-1, 1001, "three", None, 1.5, True])
def test_a_wrong_quantity_is_refused(shop, quantity):
    answer = shop.call("PUT", "/carts/%d/items/apple" % shop.cart(), {"quantity": quantity})
    assert answer.status == 400


def test_what_is_sold_out_cannot_be_had(shop):
    answer = shop.call("PUT", "/carts/%d/items/violin" % shop.cart(), {"quantity": 1})
    assert (answer.status, answer.body["error"]) == (409, "Only 0 of 'Violin' are left.")


def test_broken_json_is_refused(shop):
    answer = shop.call("PUT", "/carts/%d/items/apple" % shop.cart(), raw=b'{"quantity": ')
    assert (answer.status, answer.body["error"]) == (400, "The body is not JSON.")


def test_goods_of_a_forgotten_cart_come_back(shop):
    cart = shop.cart(teapot=2)
    assert shop.get("/products/teapot").body["stock"] == 0
    deadline = time.monotonic() + 10
    while shop.get("/carts/%d" % cart).body["state"] != "EXPIRED":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert shop.get("/products/teapot").body["stock"] == 2


def test_two_customers_never_get_the_same_piece(shop):
    def take(_):
        cart = shop.cart()
        status = shop.call("PUT", "/carts/%d/items/kettle" % cart, {"quantity": 5}).status
        return status if status != 201 else shop.call("POST", "/carts/%d/checkout" % cart, {}).status

    left = shop.get("/products/kettle").body["stock"] // 5
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(take, range(12)))
    assert answers.count(201) == left and answers.count(409) == 12 - left
