"""Calls on their way to the broker: queued, kept while it is away, or sent again after they failed for good."""
