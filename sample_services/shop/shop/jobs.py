"""What runs in the background: when called, or when macaron.yaml says so."""

import logging

from macaron_runner import asynctask, current_user
from shop import store

log = logging.getLogger(__name__)


@asynctask()
def send_receipt(order):
    """Send the customer a receipt. The order is a model again, and the current user the one who placed it."""
    log.info("receipt of %s cents for %s, placed by %s", order.total, order.customer.email, current_user.id)
    store.mark_receipt_sent(order.id)


@asynctask()
def report():
    """Log how many orders there are; macaron.yaml schedules it nightly."""
    log.info("orders: %s", store.count_by_status())
