"""What things cost. Amounts are whole cents."""

COUPONS = {"WELCOME5": 5, "SUMMER20": 20}  # per cent
VOLUME_FROM = 10  # pieces of one product
VOLUME_PERCENT = 10
FREE_SHIPPING_FROM = 5000
SHIPPING = 490


def share(amount, percent):
    """So many per cent of an amount, half a cent rounded up."""
    return amount * percent // 100


def line_total(line):
    """One line of a cart, with the discount on many pieces."""
    amount = line["price"] * line["quantity"]
    return amount - share(amount, VOLUME_PERCENT) if line["quantity"] > VOLUME_FROM else amount


def total(lines):
    """All lines of a cart."""
    return sum(line_total(line) for line in lines)


def bill(lines, coupon=None):
    """What an order costs. An unknown coupon is a KeyError."""
    goods = total(lines)
    discount = share(goods, COUPONS[coupon]) if coupon else 0
    shipping = 0 if goods - discount >= FREE_SHIPPING_FROM else SHIPPING
    return {"goods": goods, "discount": discount, "shipping": shipping, "to_pay": goods - discount + shipping, "currency": "EUR"}
