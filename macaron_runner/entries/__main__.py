"""`python -m macaron_runner.entries KIND …`: starts a process of a service; KIND is one of the modules here."""

from macaron_runner.entries.start import start

start()
