"""Schemas as pydantic classes: `apipool.<api>.<Model>`. Types only: constraints are checked by validation before."""
