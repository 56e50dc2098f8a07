"""The shop's own errors: a class each, with the code and the status a client sees."""

from macaron_runner import MacaronError


class OutOfStock(MacaronError):
    """There is less of a product than an order asks for."""

    code, status = "OUT_OF_STOCK", 409


class UnknownProduct(MacaronError):
    """An order asks for what the shop does not sell; its form is right, so this is no 400."""

    code, status = "UNKNOWN_PRODUCT", 409


class AlreadyCancelled(MacaronError):
    """The order was cancelled before."""

    code, status = "ALREADY_CANCELLED", 409
