"""A small shop: orders with nested items, its own errors, a task, a schedule."""
