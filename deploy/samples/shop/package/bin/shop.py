"""A small shop over HTTP: products, carts and orders as JSON. Standard library only.

Configuration: conf/shop.json beside this directory; the port comes from SHOP_PORT.
"""

import json
import os
import re
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import prices

HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LARGEST_BODY = 64 * 1024


class Refused(Exception):
    """The caller did something wrong: a status and a sentence."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status, self.message = status, message


class Shop:
    """Everything the shop knows. Every public method may be called from any thread."""

    def __init__(self, config):
        self.version = config["version"]
        self.hold_seconds = config["hold_seconds"]
        self.products = {product["id"]: product for product in config["products"]}
        self.stock = {product["id"]: product["stock"] for product in config["products"]}
        self.carts, self.orders = {}, {}
        self.lock = threading.Lock()

    def product(self, product_id):
        if product_id not in self.products:
            raise Refused(404, "There is no product '%s'." % product_id)
        return dict(self.products[product_id], stock=self.stock[product_id])

    def list_products(self, text):
        found = [self.product(key) for key in sorted(self.products) if text.lower() in self.products[key]["name"].lower()]
        return {"products": found, "count": len(found)}

    def open_cart(self):
        with self.lock:
            self.release_expired()
            cart_id = len(self.carts) + 1
            self.carts[cart_id] = {"id": cart_id, "items": {}, "touched": time.monotonic(), "state": "OPEN"}
        return self.show_cart(cart_id)

    def show_cart(self, cart_id):
        with self.lock:
            self.release_expired()
            cart = self.find_cart(cart_id)
            lines = [dict(product_id=key, quantity=count, price=self.products[key]["price"]) for key, count in sorted(cart["items"].items())]
        return {"id": cart_id, "state": cart["state"], "items": lines, "total": prices.total(lines)}

    def put_item(self, cart_id, product_id, quantity):
        product = self.product(product_id)
        if not isinstance(quantity, int) or isinstance(quantity, bool) or not 0 <= quantity <= 1000:
            raise Refused(400, "quantity must be a whole number of 0 to 1000.")
        with self.lock:
            self.release_expired()
            cart = self.find_cart(cart_id)
            if cart["state"] != "OPEN":
                raise Refused(409, "Cart %d is %s." % (cart_id, cart["state"]))
            more = quantity - cart["items"].get(product_id, 0)
            if more > self.stock[product_id]:
                raise Refused(409, "Only %d of '%s' are left." % (self.stock[product_id], product["name"]))
            self.stock[product_id] -= more
            cart["items"][product_id] = quantity
            if quantity == 0:
                del cart["items"][product_id]
            cart["touched"] = time.monotonic()
        return self.show_cart(cart_id)

    def check_out(self, cart_id, coupon):
        cart = self.show_cart(cart_id)
        if cart["state"] != "OPEN":
            raise Refused(409, "Cart %d is %s." % (cart_id, cart["state"]))
        if not cart["items"]:
            raise Refused(409, "Cart %d is empty." % cart_id)
        try:
            bill = prices.bill(cart["items"], coupon)
        except KeyError as unknown:
            raise Refused(400, "There is no coupon %s." % unknown) from unknown
        with self.lock:
            self.carts[cart_id]["state"] = "ORDERED"
            order = dict(bill, id=len(self.orders) + 1, cart_id=cart_id, items=cart["items"])
            self.orders[order["id"]] = order
        return order

    def order(self, order_id):
        if order_id not in self.orders:
            raise Refused(404, "There is no order %d." % order_id)
        return self.orders[order_id]

    def find_cart(self, cart_id):
        if cart_id not in self.carts:
            raise Refused(404, "There is no cart %d." % cart_id)
        return self.carts[cart_id]

    def release_expired(self):
        """Carts that nobody touched give their goods back."""
        oldest = time.monotonic() - self.hold_seconds
        for cart in self.carts.values():
            if cart["state"] == "OPEN" and cart["touched"] < oldest:
                for product_id, quantity in cart["items"].items():
                    self.stock[product_id] += quantity
                cart["items"], cart["state"] = {}, "EXPIRED"


class Handler(BaseHTTPRequestHandler):
    """Routes a request, and turns the answer into JSON."""

    protocol_version = "HTTP/1.1"
    server_version = "shop"
    shop = None
    routes = [
        ("GET", r"/health", lambda shop, body: {"status": "ok"}),
        ("GET", r"/version", lambda shop, body: {"version": shop.version}),
        ("GET", r"/products(?:\?q=([\w%]*))?", lambda shop, body, text: shop.list_products(text or "")),
        ("GET", r"/products/([\w-]+)", lambda shop, body, key: shop.product(key)),
        ("POST", r"/carts", lambda shop, body: shop.open_cart()),
        ("GET", r"/carts/(\d+)", lambda shop, body, cart: shop.show_cart(int(cart))),
        ("PUT", r"/carts/(\d+)/items/([\w-]+)", lambda shop, body, cart, key: shop.put_item(int(cart), key, body.get("quantity"))),
        ("POST", r"/carts/(\d+)/checkout", lambda shop, body, cart: shop.check_out(int(cart), body.get("coupon"))),
        ("GET", r"/orders/(\d+)", lambda shop, body, order: shop.order(int(order))),
    ]

    def answer(self):
        try:
            self.send(200 if self.command == "GET" else 201, self.route())
        except Refused as refused:
            self.send(refused.status, {"error": refused.message})

    do_GET = do_POST = do_PUT = do_DELETE = answer

    def route(self):
        body = self.body()  # read in any case: the connection goes on
        known = False
        for method, pattern, call in self.routes:
            match = re.fullmatch(pattern, self.path)
            if match:
                known = True
                if method == self.command:
                    return call(self.shop, body, *match.groups())
        if known:
            raise Refused(405, "%s does not work with %s." % (self.path, self.command))
        raise Refused(404, "There is nothing at %s." % self.path)

    def body(self):
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BODY:
            self.close_connection = True
            raise Refused(413, "A body has at most %d bytes." % LARGEST_BODY)
        if length == 0:
            return {}
        try:
            body = json.loads(self.rfile.read(length).decode("utf-8"))
        except ValueError as broken:
            raise Refused(400, "The body is not JSON.") from broken
        if not isinstance(body, dict):
            raise Refused(400, "The body must be a JSON object.")
        return body

    def send(self, status, answer):
        data = json.dumps(answer).encode("utf-8")
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def main():
    with open(os.path.join(HOME, "conf", "shop.json"), encoding="utf-8") as file:
        Handler.shop = Shop(json.load(file))
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ["SHOP_PORT"])), Handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("shop %s on port %d" % (Handler.shop.version, server.server_port), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
