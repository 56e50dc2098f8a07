"""The benchmark's service: a greeting, and orders that become receipts."""
