"""Handlers."""


def list_parcels():
    return []
