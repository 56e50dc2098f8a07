"""One module a kind of process: what `python -m macaron_runner.entries KIND` starts, or for mock the verb itself."""
