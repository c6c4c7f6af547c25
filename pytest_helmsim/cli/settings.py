"""What a flag does not say and the environment does: HELM_… variables, and the files of the kubeconfig.

Source: helm.sh/helm/v4 pkg/cli/environment.go (HELM_… variables), k8s.io/client-go tools/clientcmd (KUBECONFIG).
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from pytest_helmsim.cli.app import Options
from pytest_helmsim.cli.flags import parse_bool

ENVIRONMENT = {
    "kube_context": "HELM_KUBECONTEXT",
    "kube_apiserver": "HELM_KUBEAPISERVER",
    "kube_token": "HELM_KUBETOKEN",
    "kube_ca_file": "HELM_KUBECAFILE",
    "kube_as_user": "HELM_KUBEASUSER",
    "kube_as_group": "HELM_KUBEASGROUPS",
    "kube_tls_server_name": "HELM_KUBETLS_SERVER_NAME",
    "kube_insecure_skip_tls_verify": "HELM_KUBEINSECURE_SKIP_TLS_VERIFY",
    "namespace": "HELM_NAMESPACE",
}
DEFAULT_HISTORY = 10


def setting(options: Options, name: str) -> Any:
    """A global flag, else its environment variable."""
    if name in options["given"] or options[name]:
        return options[name]
    text = os.environ.get(ENVIRONMENT[name], "")
    if name == "kube_as_group":
        return [each for each in text.split(",") if each]
    if name == "kube_insecure_skip_tls_verify":
        return truthy(ENVIRONMENT[name])
    return text


def truthy(variable: str) -> bool:
    """A boolean environment variable; anything that Go would not read is false."""
    try:
        return parse_bool(os.environ.get(variable, ""))
    except ValueError:
        return False


def history_max(options: Options) -> int:
    """`--history-max`, else HELM_MAX_HISTORY, else 10; 0 is without limit."""
    if "history_max" in options["given"]:
        return int(options.history_max)
    text = os.environ.get("HELM_MAX_HISTORY", "")
    return int(text) if re.fullmatch(r"-?\d+", text) else DEFAULT_HISTORY


def kubeconfig_files(options: Options) -> list[str]:
    """The files that make the configuration: the flag's, KUBECONFIG's that exist, or the one in the home folder."""
    if options.kubeconfig:
        return [options.kubeconfig]
    if paths := os.environ.get("KUBECONFIG"):
        return [path for path in paths.split(os.pathsep) if path and Path(path).is_file()]
    home = Path.home() / ".kube" / "config"
    return [str(home)] if home.is_file() else []
