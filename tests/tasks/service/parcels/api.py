"""Handlers."""

from parcels.jobs import take_time


def list_parcels():
    return []


def send_parcel(name, place, at_most_once):
    if at_most_once:
        from parcels.payments import charge  # a module that not every broker can promise to serve

        charge(name, place, place=place)  # which is there as soon as it has begun
    else:
        take_time(name, 0.005, place=place)
    return None, 202
