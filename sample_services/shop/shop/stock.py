"""What the shop sells: prices in cents, and how many of each there are."""

from macaron_runner import apipool, is_error
from shop.errors import OutOfStock, UnknownProduct

PRICES = {"TEA-01": 450, "TEA-02": 890, "CUP-01": 1200, "POT-01": 5900}
QUANTITIES = {"TEA-01": 5000, "TEA-02": 800, "CUP-01": 40, "POT-01": 0}  # at the last stocktaking
CENTS_OF_EURO = {"EUR": 1.0, "SEK": 11.2}


def get_stock(skus, x_currency, loyalty_card=None):
    """GET /stock/{skus}: parameters of path, header and cookie arrive under their Python names."""
    rate = CENTS_OF_EURO[x_currency] * (0.9 if loyalty_card else 1.0)
    return [
        apipool.shop.StockEntry(
            sku=sku, quantity=quantity_of(sku), price=round(PRICES[sku] * rate), currency=x_currency
        )
        for sku in skus
        if sku in PRICES
    ]


def quantity_of(sku):
    """Return how many there are, as the inventory knows; where it cannot be asked, as we last knew."""
    item = apipool.inventory.client.get_item(sku=sku)
    return QUANTITIES[sku] if is_error(item) else item.quantity


def price_of(items):
    """Return what the items cost together, in cents. Raises UnknownProduct, OutOfStock."""
    for item in items:
        if item.sku not in PRICES:
            raise UnknownProduct(f"We do not sell {item.sku}")
        if item.quantity > QUANTITIES[item.sku]:
            raise OutOfStock(f"There is not enough of {item.sku}", user_message="We are sold out, sorry!")
    return sum(PRICES[item.sku] * item.quantity for item in items)
