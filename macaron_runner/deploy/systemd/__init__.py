"""The service as units of systemd on one host, without a container.

    places      where what is, below the link to a release; pure
    hardening   what a unit is kept from; pure
    units       the text of units; pure
    render      Planned -> units, code and requirements; pure
    seen        what `systemctl show` prints, as values; pure
    engine      the commands that make a release complete, run it, look at it, and take it away

How a release gets to the host, and the course of switching and going back, is the host's room: compose has the same.
"""
