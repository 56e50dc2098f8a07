"""What runs in the background: when called, or when macaron.yaml says so."""

import logging

from macaron_runner import MacaronError, Retries, apipool, asynctask, current_user, is_error
from shop import store

log = logging.getLogger(__name__)


@asynctask()
def send_receipt(order):
    """Send the customer a receipt. The order is a model again, and the current user the one who placed it."""
    log.info("receipt of %s cents for %s, placed by %s", order.total, order.customer.email, current_user.id)
    store.mark_receipt_sent(order.id)


@asynctask(retries=Retries(max=5, backoff="5s"))
def give_back(order_id):
    """Tell the inventory that a cancelled order needs nothing; tried again later, where that cannot be asked."""
    released = apipool.inventory.client.release(order_id=order_id)
    if is_error(released) and released.status != 404:  # nothing was set aside
        raise released


@asynctask()
def report():
    """Log how many orders there are, and what runs out; macaron.yaml schedules it nightly."""
    log.info("orders: %s", store.count_by_status())
    try:
        scarce = [item.sku for item in apipool.inventory.client.list_items.items() if item.quantity < 10]
    except MacaronError as error:
        log.warning("the stock is not known: %s", error.description)
    else:
        log.info("running out: %s", ", ".join(scarce) or "nothing")
