"""What the shell of a host is asked to do: one line a step, each of which happens as a whole or not at all. Pure.

POSIX sh, with what Debian, Fedora and Alpine have: a host needs nothing of ours. Each function returns the line, every
path in it quoted; input comes over stdin.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from posixpath import basename

from macaron_runner.deploy.host.places import Places

MADE_THERE = "venv"
"""What a release's folder has beside its files: made on the host, of them."""


def steps(*lines: str) -> str:
    """Return lines as one, each of which runs if the one before it was fine."""
    return " && ".join(lines)


def quoted(paths: Iterable[str]) -> str:
    """Return words as the shell reads them back."""
    return shlex.join(paths)


def put(folder: str, size: int) -> str:
    """Put the files of a tar of so many bytes into a folder: what has its name is complete, and on the disk."""
    fresh, archive = f"{folder}.new", quoted((f"{folder}.new/.tar",))
    return steps(
        "umask 022",
        f"rm -rf {quoted((fresh, folder))}",
        f"mkdir -p {quoted((fresh,))}",
        f"cat > {archive}",
        f"[ $(wc -c < {archive}) -eq {size} ]",  # a tar that was cut between two blocks looks whole to tar
        f"tar -x -f {archive} -C {quoted((fresh,))}",
        f"rm {archive}",
        "sync",
        f"mv {quoted((fresh, folder))}",
    )


def copy(source: str, folder: str) -> str:
    """Make a folder what another one is, as `put` does."""
    fresh = f"{folder}.new"
    return steps(
        f"rm -rf {quoted((fresh, folder))}",
        f"cp -R -p {quoted((source, fresh))}",
        "sync",
        f"mv {quoted((fresh, folder))}",
    )


def write(file: str, size: int) -> str:
    """Write a file of the bytes that come over stdin, so many: whole or not at all, wherever the way is cut."""
    fresh = f"{file}.new"
    folder = file.rpartition("/")[0]
    return steps(
        "umask 022",
        f"mkdir -p {quoted((folder,))}",
        f"cat > {quoted((fresh,))}",
        f"[ $(wc -c < {quoted((fresh,))}) -eq {size} ]",
        "sync",
        f"mv {quoted((fresh, file))}",
    )


def records(places: Places) -> str:
    """Print every record, each with a line's end."""
    files = f"{quoted((places.releases,))}/*.json"
    return f'for file in {files}; do [ ! -f "$file" ] || {{ cat "$file" && echo; }}; done'


def read_tree(folder: str) -> str:
    """Print a folder's files, but for what was made on the host, as a tar; nothing where there is no folder."""
    there = quoted((folder,))
    return f"[ ! -d {there} ] || tar -c -f - --exclude ./{MADE_THERE} -C {there}/ ."


def point(link: str, folder: str) -> str:
    """Let a link point to a folder beside it; there is always one or the other, never none."""
    fresh = f"{link}.new"
    target = f"releases/{basename(folder)}"
    return steps(
        f"rm -f {quoted((fresh,))}",
        f"ln -s {quoted((target, fresh))}",
        f"mv -T {quoted((fresh, link))}",
    )


def where(link: str) -> str:
    """Print where a link points to, nothing where there is none."""
    return f"readlink {quoted((link,))} || true"


def remove(*paths: str) -> str:
    """Remove whatever is there."""
    return f"rm -rf {quoted(paths)}"


def absent(files: Iterable[str]) -> str:
    """Print those of the files that are not there, or are empty; none of them is read."""
    return f'for file in {quoted(files)}; do [ -s "$file" ] || echo "$file"; done'


def take_lock(places: Places, token: str, who: str, since: str, seconds: float) -> str:
    """Take the lock, or hold it longer, by the clock of the host; print since when who has it, if that is another.

    It is a file of four lines: token, end, begin, who. One that has ended is anybody's.
    """
    lock = quoted((places.lock,))
    return steps(
        f"mkdir -p {quoted((places.directory,))}",
        f"exec 9> {_guard(places)}",
        "flock -w 10 9",
        "token= end=0 now=$(date +%s)",
        f"{{ [ ! -f {lock} ] || {{ read -r token; read -r end; read -r since; read -r who; }} < {lock} || true; }}",
        f'if [ "$token" != {quoted((token,))} ] && [ "$end" -ge "$now" ]; then echo "$since $who"'
        f"; else printf '%s\\n' {quoted((token,))} $((now + {int(seconds)})) {quoted((since, who))} > {lock}; fi",
    )


def give_lock_back(places: Places, token: str) -> str:
    """Give the lock back, unless it is another's by now."""
    lock = quoted((places.lock,))
    return steps(
        f"exec 9> {_guard(places)}",
        "flock -w 10 9",
        f'if [ "$(head -n 1 {lock} 2>/dev/null)" = {quoted((token,))} ]; then rm {lock}; fi',
    )


def holder(places: Places) -> str:
    """Print the lock's lines, and the host's time before them; nothing where nobody holds it."""
    lock = quoted((places.lock,))
    return f"[ ! -f {lock} ] || {{ date +%s && cat {lock}; }}"


def _guard(places: Places) -> str:
    return quoted((f"{places.directory}/.guard",))
