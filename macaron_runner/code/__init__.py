"""The service's own Python: its modules and functions, imported, or only read. Floor: below assembly."""
