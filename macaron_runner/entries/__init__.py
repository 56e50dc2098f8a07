"""One module a kind of process: what `python -m macaron_runner.entries.<kind>` starts. Nothing imports them."""
