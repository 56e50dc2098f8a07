"""Console transcripts in documents: what was typed, what it printed, and whether it still does."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Step:
    """One command as typed (continuation lines included) and the output that the document shows."""

    command: str
    output: str


def steps(document: str) -> Iterator[Step]:
    """Give every `$ command` of the document's console blocks, in order."""
    for block in BLOCK.findall(document):
        command: list[str] = []
        output: list[str] = []
        typing = False
        for line in block.splitlines():
            if line.startswith("$ "):
                if command:
                    yield Step("\n".join(command), "\n".join(output))
                command, output, typing = [line[2:]], [], True
            elif typing and (command[-1].endswith("\\") or _in_heredoc(command)):
                command.append(line)
            else:
                typing = False
                output.append(line)
        yield Step("\n".join(command), "\n".join(output))


def _in_heredoc(command: list[str]) -> bool:
    match = re.search(r"<<'?(\w+)'?", command[0])
    return match is not None and match[1] not in command[1:]


def pattern(output: str) -> re.Pattern[str]:
    """Return what the output must match: `…` stands for anything within a line, a line of `…` for any lines."""
    return re.compile("".join(map(_line_pattern, output.splitlines())))


def _line_pattern(line: str) -> str:
    return r"(?:.*\n)*?" if line.strip() == "…" else re.escape(line).replace("…", ".*?") + r"\n"
