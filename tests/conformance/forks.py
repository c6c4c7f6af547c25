"""`helmsim` as a process of its own for each command, without paying for its imports each time: one server forks for each.

Forks().run(["list", "-A"], folder, environment) -> (standard output, standard error, exit status)
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any


class Forks:
    """The server's client; starts it, asks it, ends it."""

    def __init__(self) -> None:
        self.process = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.files = tempfile.TemporaryDirectory(prefix="helmsim-forks-")

    def run(self, words: list[str], folder: Path, environment: dict[str, str]) -> tuple[str, str, int]:
        """One command; waits for its end."""
        out, err = (Path(self.files.name) / name for name in ("out", "err"))
        asked = {"words": words, "folder": str(folder), "environment": environment, "out": str(out), "err": str(err)}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        code = int(self.process.stdout.readline())
        return out.read_text(), err.read_text(), code

    def __enter__(self) -> Forks:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.process.communicate("")
        self.files.cleanup()


def serve() -> None:
    """Answer each line of standard input with the exit status of the command it asks for."""
    import kubernetes.client
    import kubernetes.config  # noqa: F401

    from pytest_helmsim.cli import app, operations, queries, templates  # noqa: F401

    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            become(asked, app)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        sys.stdout.flush()


def become(asked: dict[str, Any], app: Any) -> None:
    """The child: its own folder, environment and files, then the command; never returns."""
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    for number, key in ((1, "out"), (2, "err")):
        target = os.open(asked[key], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(target, number)
    code = 1
    try:
        code = app.run(asked["words"])
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve()
