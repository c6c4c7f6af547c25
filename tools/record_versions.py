"""Record what kube-apiservers of several versions answer to the sequences of `api_scenarios_versions.py`.

    python tools/record_versions.py https://127.0.0.1:6443 TOKEN [FOLDER]

Writes `tests/recorded/versions/<minor>/<name>.json.z`, or below FOLDER, in the form of `record_api.py`; the server's `/version` names
the minor version. A fresh server for each run, and no controllers beside it.
"""

from __future__ import annotations

import json
import sys
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import api_scenarios_versions
from record_api import Server, record

TARGET = Path(__file__).parent.parent / "tests" / "recorded" / "versions"


def main(url: str, token: str, target: Path) -> None:
    """Record every sequence."""
    server = Server(url, token)
    version = server.send({"method": "GET", "path": "/version"})["body"]
    minor = f"{version.get('emulationMajor', version['major'])}.{version.get('emulationMinor', version['minor'])}"
    folder = target / minor
    folder.mkdir(parents=True, exist_ok=True)
    total = 0
    for name, steps in api_scenarios_versions.scenarios():
        pairs = record(server, name, steps)
        total += len(pairs)
        data = json.dumps({"server": version["gitVersion"], "pairs": pairs}, separators=(",", ":")).encode()
        (folder / f"{name}.json.z").write_bytes(zlib.compress(data, 9))
    sys.stdout.write(f"{total} pairs of {minor}\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]) if len(sys.argv) > 3 else TARGET)
