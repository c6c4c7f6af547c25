"""Record what a real kube-apiserver answers to the sequences of `api_scenarios_webhooks.py`, and what it asks of a webhook meanwhile.

    python tools/record_webhooks.py https://127.0.0.1:6443 TOKEN [NAME...]

Writes `tests/recorded/webhooks/<name>.json.z`: {"server": version, "pairs": [[request, response, reviews], …]}. The webhook is that of
`tests/apiserver/webhook_server.py`; its address and certificate are kept as `{url}` and `{ca}`. No controllers may run.
"""

from __future__ import annotations

import json
import sys
import time
import zlib
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent / "tests" / "apiserver")]
import api_scenarios_webhooks  # noqa: E402
from api_scenarios import Step  # noqa: E402
from record_api import Server  # noqa: E402
from webhook_server import WebhookServer  # noqa: E402

TARGET = Path(__file__).parent.parent / "tests" / "recorded" / "webhooks"


def record(server: Server, webhook: WebhookServer, name: str, steps: list[Step]) -> list[list[Any]]:
    """Send all steps of a sequence in a namespace of its own."""
    namespace = f"hook-{name}"
    server.send({"method": "POST", "path": "/api/v1/namespaces", "body": {"metadata": {"name": namespace}}})
    pairs = []
    for step in steps:
        sent = json.loads(json.dumps(step).replace("{ns}", namespace))
        time.sleep(sent.pop("pause", 0))
        webhook.reviews.clear()
        answer = server.send(json.loads(webhook.filled(json.dumps(sent))))
        pairs.append(json.loads(webhook.masked(json.dumps([sent, answer, webhook.reviews]))))
    return pairs


def main(url: str, token: str, wanted: list[str]) -> None:
    """Record the named sequences, or all."""
    server, webhook = Server(url, token), WebhookServer()
    version = server.send({"method": "GET", "path": "/version"})["body"]["gitVersion"]
    TARGET.mkdir(exist_ok=True)
    for name, steps in api_scenarios_webhooks.scenarios():
        if wanted and name not in wanted:
            continue
        pairs = record(server, webhook, name, steps)
        data = json.dumps({"server": version, "pairs": pairs}, separators=(",", ":")).encode()
        (TARGET / f"{name}.json.z").write_bytes(zlib.compress(data, 9))
        sys.stdout.write(f"{name}: {len(pairs)} pairs\n")
    webhook.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
