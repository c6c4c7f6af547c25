"""Helm's flags as data.

A line of a table is `name[,shorthand] kind [default] [3|4]`; the last says that only this major version of Helm has it.
Kinds are pflag's; `kind=value` is what the bare flag means (pflag's NoOptDefVal: the value is then given with `=` only).
Source: `helm COMMAND --help` of Helm 3.22.0 and 4.3.1.
"""

from __future__ import annotations

from collections.abc import Mapping

NO_EFFECT = "this flag has no effect for 'helm template' and will be removed in Helm 5"
GLOBAL = """
namespace,n string
kubeconfig string
kube-context string
kube-apiserver string
kube-token string
kube-ca-file string
kube-as-user string
kube-as-group stringArray
kube-tls-server-name string
kube-insecure-skip-tls-verify bool
debug bool
burst-limit int 100
qps float32 0
registry-config string
repository-cache string
repository-config string
content-cache string - 4
color string auto 4
colour string auto 4
"""
VALUES = """
values,f strings
set stringArray
set-string stringArray
set-file stringArray
set-json stringArray
set-literal stringArray
"""
CHART = """
version string
devel bool
repo string
username string
password string
pass-credentials bool
ca-file string
cert-file string
key-file string
insecure-skip-tls-verify bool
plain-http bool
keyring string
verify bool
"""
REGISTRY = """
username string
password string
ca-file string
cert-file string
key-file string
insecure-skip-tls-verify bool
plain-http bool
keyring string
"""
PUSH = REGISTRY.replace("keyring string\n", "")
DEPENDENCY = REGISTRY + "skip-refresh bool\nverify bool\n"
WAIT = """
timeout duration 5m0s
wait-for-jobs bool
wait bool - 3
wait wait=watcher hookOnly 4
"""
RENDER = """
create-namespace bool
dependency-update bool
description string
disable-openapi-validation bool
enable-dns bool
hide-notes bool
hide-secret bool
labels,l stringToString
no-hooks bool
post-renderer string
post-renderer-args stringArray
render-subchart-notes bool
skip-crds bool
skip-schema-validation bool
take-ownership bool
dry-run optional=client none 3
dry-run optional=unset none 4
atomic bool - 3
rollback-on-failure bool - 4
atomic bool - 4
force bool - 3
force bool - 4
force-replace bool - 4
force-conflicts bool - 4
"""
INSTALL = """
generate-name,g bool
name-template string
replace bool
server-side bool true 4
"""
RENDER_ONLY = RENDER.replace("hide-secret bool\n", "")
"""What `template`, which keeps no record, has of these."""
OUTPUT = "output,o format table\n"
DIFF = """
output,o string diff
context,C int 3
show-secrets bool
detailed-exitcode bool
"""
COMMANDS = {
    "diff upgrade": VALUES + CHART + WAIT + RENDER + DIFF + """
three-way bool
install bool
reset-values bool
reuse-values bool
reset-then-reuse-values bool
server-side string auto 4
""",
    "diff rollback": DIFF + "three-way bool\nforce-conflicts bool - 4\nserver-side string auto 4\n",
    "diff revision": DIFF,
    "diff release": DIFF,
    "install": VALUES + CHART + WAIT + RENDER + INSTALL + OUTPUT,
    "upgrade": VALUES + CHART + WAIT + RENDER + OUTPUT + """
install,i bool
cleanup-on-fail bool
history-max int
reset-values bool
reuse-values bool
reset-then-reuse-values bool
recreate-pods bool - 3
server-side string auto 4
""",
    "template": VALUES + CHART + WAIT + RENDER_ONLY + INSTALL + """
show-only,s stringArray
output-dir string
release-name bool
include-crds bool
skip-tests bool
is-upgrade bool
kube-version string
api-versions,a strings
validate bool
""",
    "rollback": WAIT + """
cleanup-on-fail bool
history-max int
no-hooks bool
recreate-pods bool - 3
dry-run bool - 3
force bool - 3
dry-run optional=unset none 4
force bool - 4
force-replace bool - 4
force-conflicts bool - 4
server-side string auto 4
description string - 4
""",
    "uninstall": """
cascade string background
description string
dry-run bool
ignore-not-found bool
keep-history bool
no-hooks bool
timeout duration 5m0s
wait bool - 3
wait wait=watcher hookOnly 4
""",
    "history": "max int 256\nshow-rollback-revision bool - 4\n" + OUTPUT,
    "status": "revision int\nshow-desc bool - 3\nshow-resources bool - 3\n" + OUTPUT,
    "list": OUTPUT + """
all,a bool - 3
all-namespaces,A bool
date,d bool
deployed bool
failed bool
filter,f string
max,m int 256
no-headers bool
offset int
pending bool
reverse,r bool
selector,l string
short,q bool
superseded bool
time-format string
uninstalled bool
uninstalling bool
""",
    "get all": "revision int\ntemplate string\n",
    "get values": "all,a bool\nrevision int\n" + OUTPUT,
    "get manifest": "revision int\n",
    "get hooks": "revision int\n",
    "get notes": "revision int\n",
    "get metadata": "revision int\n" + OUTPUT,
    "test": "filter strings\nlogs bool\nhide-notes bool - 3\ntimeout duration 5m0s\n",
    "lint": VALUES + "kube-version string\nquiet bool\nskip-schema-validation bool\nstrict bool\nwith-subcharts bool\n",
    "show chart": CHART,
    "show values": CHART + "jsonpath string\n",
    "show readme": CHART,
    "show crds": CHART,
    "show all": CHART,
    "package": REGISTRY + """
app-version string
dependency-update,u bool
destination,d string .
key string
passphrase-file string
sign bool
version string
""",
    "dependency list": "max-col-width uint 80\n",
    "dependency update": DEPENDENCY,
    "dependency build": DEPENDENCY,
    "pull": CHART + """
destination,d string .
prov bool
untar bool
untardir string .
""",
    "repo add": """
allow-deprecated-repos bool
ca-file string
cert-file string
force-update bool
insecure-skip-tls-verify bool
key-file string
no-update bool - 3
pass-credentials bool
password string
password-stdin bool
timeout duration 2m0s
username string
""",
    "repo list": "no-headers bool - 4\n" + OUTPUT,
    "repo remove": "",
    "repo index": "json bool\nmerge string\nurl string\n",
    "repo update": "fail-on-repo-update-fail bool - 3\ntimeout duration 2m0s\n",
    "search repo": """
devel bool
fail-on-no-result bool
max-col-width uint 50
regexp,r bool
version string
versions,l bool
""" + OUTPUT,
    "search hub": """
endpoint string https://hub.helm.sh
fail-on-no-result bool
list-repo-url bool
max-col-width uint 50
""" + OUTPUT,
    "create": "starter,p string\nchart-api-version string v2 4\n",
    "env": "",
    "version": "short bool\ntemplate string\nclient,c bool - 3\n",
    "completion bash": "no-descriptions bool\n",
    "completion fish": "no-descriptions bool\n",
    "completion powershell": "no-descriptions bool\n",
    "completion zsh": "no-descriptions bool\n",
    "plugin install": "version string\nverify bool true 4\n" + "".join(f"{line} - 4\n" for line in REGISTRY.split("\n") if line),
    "plugin list": "type string - 4\n",
    "plugin package": "destination,d string .\nkey string\nkeyring string\npassphrase-file string\nsign bool true\n",
    "plugin uninstall": "",
    "plugin update": "",
    "plugin verify": "keyring string\n",
    "push": PUSH,
    "registry login": """
ca-file string
cert-file string
insecure bool
key-file string
password,p string
password-stdin bool
plain-http bool
username,u string
""",
    "registry logout": "",
    "verify": "keyring string\n",
    "serve": """
port int
kubernetes-version string 1.36
controllers string *
seed int
""",
}  # fmt: skip
REPLACED = {("4", "atomic"): "rollback-on-failure", ("4", "force"): "force-replace"}
"""Old names that still work, and the new ones."""
DEPRECATED: Mapping[tuple[str, str, str], str] = {
    # version, command (none: any), flag
    ("4", "", "atomic"): "use --rollback-on-failure instead",
    ("4", "", "force"): "use --force-replace instead",
    ("4", "template", "hide-notes"): NO_EFFECT,
    ("4", "template", "render-subchart-notes"): NO_EFFECT,
    ("4", "template", "validate"): "use '--dry-run=server' instead",
    (
        "3",
        "upgrade",
        "recreate-pods",
    ): "functionality will no longer be updated. Consult the documentation for other methods to recreate pods",
}
"""Flags that still work and say so while the command line is read: `Flag --atomic has been deprecated, …`."""
REPLACED = {("4", "atomic"): "rollback-on-failure", ("4", "force"): "force-replace"}
"""Old names that still work, and the new ones."""
EXCLUSIVE = {"template": (("validate", "dry-run"),)}
"""[4] Groups of which one flag may be given; those of `force` go for every command that has them."""
FORCES = (("force-replace", "force-conflicts"), ("force", "force-conflicts"))


def deprecation(version: str, command: str, flag: str) -> str:
    """What is said of an old flag; nothing of others."""
    return DEPRECATED.get((version, command, flag)) or DEPRECATED.get((version, "", flag), "")
