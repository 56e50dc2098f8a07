"""The error reporter: the title's last word is where the report goes."""

import json
from pathlib import Path


def report(title, body):
    place = title.rsplit(" ", 1)[-1]
    if place.startswith("/"):
        with Path(place).open("a") as file:
            file.write(json.dumps({"title": title, "body": body}) + "\n")
