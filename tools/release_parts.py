"""Parts of random charts, as people write them: templates with some of their words drawn by chance, for release_charts.py."""

from __future__ import annotations

from random import Random
from typing import Any

import yaml
from release_inputs import widget_definition

Doc = dict[str, Any]
Files = dict[str, str]

HELPERS = """\
{{- define "app.name" -}}{{ .Chart.Name | trunc 63 | trimSuffix "-" }}{{- end }}
{{- define "app.fullname" -}}
{{- if .Values.fullnameOverride }}{{ .Values.fullnameOverride }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 63 }}{{ end }}
{{- end }}
{{- define "app.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "app.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}
{{- define "app.selector" -}}
app.kubernetes.io/name: {{ include "app.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
"""


def manifest(api: str, kind: str, name: str, body: str, *, head: str = "") -> str:
    """An object as text: `head` within its metadata, `body` beside it."""
    return f"apiVersion: {api}\nkind: {kind}\nmetadata:\n  name: {name}\n{head}{body}"


def labels(source: Random) -> str:
    return '  labels:\n    {{- include "app.labels" . | nindent 4 }}\n' if source.random() < 0.7 else ""


def deployment(source: Random) -> Files:
    extra = source.choice(
        (
            "",
            "        - {name: side, image: 'side:1'}\n",
            "      initContainers:\n        - {name: init, image: 'init:1', command: [sh, -c, \"true\"]}\n",
            "      volumes:\n        - {name: config, configMap: {name: settings}}\n",
            "      securityContext: {{- toYaml .Values.security | nindent 8 }}\n",
            (
                "      affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: "
                "1, podAffinityTerm: {topologyKey: zone, labelSelector: {matchLabels: {a: b}}}}]}}\n"
            ),
            (
                "      topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway, "
                "labelSelector: {matchLabels: {a: b}}}]\n"
            ),
        )
    )
    probe = source.choice(
        (
            "",
            "          readinessProbe: {httpGet: {path: /, port: http}}\n",
            "          livenessProbe: {tcpSocket: {port: 80}}\n",
            "          lifecycle: {preStop: {exec: {command: [sleep, '1']}}}\n",
        )
    )
    checksum = "      annotations:\n        checksum/config: {{ toYaml .Values | sha256sum }}\n" if source.random() < 0.4 else ""
    selector = source.choice(('{{- include "app.selector" . | nindent 6 }}',) * 4 + ("\n      app: other",))
    replicas = source.choice(
        (
            "  {{- if not .Values.autoscale }}\n  replicas: {{ .Values.replicas }}\n  {{- end }}\n",
            "  replicas: {{ .Values.replicas | default 1 }}\n",
            "",
        )
    )
    strategy = source.choice(
        (
            "",
            "",
            "  strategy: {type: Recreate}\n",
            "  strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}\n",
            "  minReadySeconds: 1\n  revisionHistoryLimit: 2\n",
            "  paused: true\n",
            "  progressDeadlineSeconds: 5\n",
        )
    )
    body = f"""\
spec:
{replicas}{strategy}  selector:
    matchLabels: {selector}
  template:
    metadata:
{checksum}      labels: {selector.replace("nindent 6", "nindent 8").replace("      app", "        app")}
    spec:
      containers:
        - name: {{{{ .Chart.Name }}}}
          image: "{{{{ .Values.image.repository }}}}:{{{{ .Values.image.tag | default .Chart.AppVersion }}}}"
          {{{{- with .Values.env }}}}
          env:
            {{{{- range $key, $value := . }}}}
            - {{name: {{{{ $key }}}}, value: {{{{ $value | quote }}}}}}
            {{{{- end }}}}
          {{{{- end }}}}
          ports: [{{name: http, containerPort: {source.choice((80, 8080))}}}]
{probe}          resources: {{{{- toYaml .Values.resources | nindent 12 }}}}
{extra}"""
    return {"templates/deployment.yaml": manifest("apps/v1", "Deployment", '{{ include "app.fullname" . }}', body, head=labels(source))}


def stateful_set(source: Random) -> Files:
    updates = ("", "  updateStrategy: {type: OnDelete}\n", "  updateStrategy: {rollingUpdate: {partition: 1}}\n")
    claims = f"""\
  volumeClaimTemplates:
    - metadata: {{name: disk}}
      spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: {source.choice(("1Gi", "1Gi", "2Gi"))}}}}}}}
"""
    body = f"""\
spec:
  serviceName: {source.choice(("state", "state", "other"))}
  replicas: {source.randint(0, 2)}
  podManagementPolicy: {source.choice(("OrderedReady", "OrderedReady", "Parallel"))}
  selector: {{matchLabels: {{app: state}}}}
  template:
    metadata: {{labels: {{app: state}}}}
    spec: {{containers: [{{name: state, image: "state:{source.randint(1, 3)}"}}]}}
{source.choice(("", claims, claims))}{source.choice(updates)}"""
    return {"templates/state.yaml": manifest("apps/v1", "StatefulSet", "state", body)}


def daemon_set(source: Random) -> Files:
    body = f"""\
spec:
  selector: {{matchLabels: {{app: {source.choice(("agent", "agent", "agent2"))}}}}}
  template:
    metadata: {{labels: {{app: agent}}}}
    spec:
      containers:
        - name: agent
          image: "agent:{source.randint(1, 3)}"
          ports: [{{containerPort: 9100{source.choice(("", ", hostPort: 9100"))}}}]
"""
    return {"templates/agent.yaml": manifest("apps/v1", "DaemonSet", "agent", body)}


def jobs(source: Random) -> Files:
    name = source.choice(("migrate", "migrate", "migrate-{{ .Release.Revision }}"))
    body = f"""\
spec:
  backoffLimit: {source.randint(0, 2)}
{source.choice(("", "  suspend: true" + chr(10), "  completions: 0" + chr(10), "  ttlSecondsAfterFinished: 100" + chr(10)))}  template:
    spec: {{restartPolicy: Never, containers: [{{name: main, image: "migrate:{source.randint(1, 2)}"}}]}}
"""
    cron = f"""\
spec:
  schedule: "{source.choice(("0 3 * * *", "@daily"))}"
  suspend: true
  concurrencyPolicy: {source.choice(("Allow", "Forbid"))}
  jobTemplate:
    spec:
      template:
        spec: {{restartPolicy: OnFailure, containers: [{{name: main, image: "cron:{source.randint(1, 2)}"}}]}}
"""
    versions = source.choice(("batch/v1", "batch/v1", "batch/v1", "batch/v1beta1"))
    return {"templates/jobs.yaml": manifest("batch/v1", "Job", name, body) + "---\n" + manifest(versions, "CronJob", "cron", cron)}


def services(source: Random) -> Files:
    spec = source.choice(
        (
            "  type: ClusterIP\n",
            "  type: {{ .Values.service.type }}\n",
            "  type: {{ .Values.service.type }}\n",
            "  clusterIP: None\n",
            "  type: NodePort\n",
            "  type: LoadBalancer\n  externalTrafficPolicy: Local\n",
            "  sessionAffinity: ClientIP\n",
            "  ipFamilyPolicy: SingleStack\n",
            "  clusterIP: 10.96.77.77\n",
            "  publishNotReadyAddresses: true\n",
        )
    )
    ports = source.sample(
        (
            "{name: http, port: 80, targetPort: http}",
            "{name: dns, port: 53, protocol: UDP}",
            "{name: dns-tcp, port: 53}",
            "{name: grpc, port: '{{ .Values.service.port }}'}",
            "{name: metrics, port: 9090, appProtocol: http}",
        ),
        source.randint(1, 3),
    )
    ports = [each.replace("'", "") for each in ports]
    body = (
        "spec:\n"
        + spec
        + '  selector:\n    {{- include "app.selector" . | nindent 4 }}\n  ports:\n'
        + "".join(f"    - {each}\n" for each in ports)
    )
    files = {"templates/service.yaml": manifest("v1", "Service", '{{ include "app.fullname" . }}', body, head=labels(source))}
    if source.random() < 0.2:
        files["templates/external.yaml"] = manifest(
            "v1",
            "Service",
            "external",
            source.choice(("spec: {type: ExternalName, externalName: db.example.com}\n", "spec: {ports: [{port: 5432}]}\n")),
        )
    return files


def settings(source: Random) -> Files:
    head = source.choice(
        ("", "", "  annotations: {helm.sh/resource-policy: keep}\n", "  labels: {number: {{ .Values.replicas | quote }}}\n")
    )
    tail = source.choice(("", "", "", "immutable: true\n"))
    body = f"""\
data:
  level: {{{{ .Values.level | quote }}}}
  text: |-
    {{{{- range $i, $e := until {source.randint(1, 3)} }}}}
    line {{{{ $i }}}} of {{{{ $.Release.Name }}}} in {{{{ $.Release.Namespace }}}}
    {{{{- end }}}}
  file: {{{{ .Files.Get "files/note.txt" | quote }}}}
  global: {{{{ .Values.global | toJson | quote }}}}
{tail}"""
    return {
        "templates/settings.yaml": manifest("v1", "ConfigMap", "settings", body, head=head),
        "files/note.txt": source.choice(("grüße\n", "日本 \U0001f680\r\nzwei\r\n", "")),
    }


def secrets_(source: Random) -> Files:
    kind = source.choice(
        (
            'stringData: {user: admin, password: "{{ .Values.level }}"}\n',
            'data:\n  key: {{ "päss" | b64enc }}\n',
            "type: kubernetes.io/tls\ndata: {tls.crt: YQ==, tls.key: Yg==}\n",
            'type: kubernetes.io/dockerconfigjson\ndata: {.dockerconfigjson: {{ printf "{\\"auths\\":{}}" | b64enc }}}\n',
            "type: kubernetes.io/basic-auth\nstringData: {username: a}\n",
            "data: {bad: '***'}\n",
        )
    )
    return {"templates/secret.yaml": manifest("v1", "Secret", "secret", kind)}


def looked_up(source: Random) -> Files:
    name = source.choice(("seen", "settings", "secret"))
    text = f"""\
{{{{- $found := lookup "v1" "{source.choice(("ConfigMap", "Secret"))}" .Release.Namespace "{name}" }}}}
data:
  found: {{{{ if $found }}}}"yes"{{{{ else }}}}"no"{{{{ end }}}}
  labels: {{{{ ($found.metadata).labels | default dict | toJson | quote }}}}
  spaces: {{{{ (lookup "v1" "Namespace" "" .Release.Namespace).metadata.labels | toJson | quote }}}}
  count: {{{{ len (lookup "v1" "ConfigMap" "none" "").items | quote }}}}
  install: "{{{{ .Release.IsInstall }}}} {{{{ .Release.IsUpgrade }}}} {{{{ .Release.Revision }}}}"
  versions: "{{{{ .Capabilities.APIVersions.Has "apps/v1/Deployment" }}}} {{{{ .Capabilities.KubeVersion.Major }}}}"
"""
    return {"templates/seen.yaml": manifest("v1", "ConfigMap", "seen", text)}


def scaling(source: Random) -> Files:
    api = source.choice(("autoscaling/v2", "autoscaling/v2", "autoscaling/v1", "autoscaling/v2beta2"))
    metric = {
        "autoscaling/v1": f"  targetCPUUtilizationPercentage: {source.choice((50, 80))}\n",
        "autoscaling/v2": (
            f"  metrics: [{{type: Resource, resource: {{name: cpu, target: {{type: Utilization, averageUtilization: "
            f"{source.choice((50, 80))}}}}}}}]\n"
        ),
        "autoscaling/v2beta2": "",
    }[api]
    body = f"spec:\n  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: app}}\n  maxReplicas: {source.randint(2, 4)}\n{metric}"
    budget = source.choice(("policy/v1", "policy/v1", "policy/v1", "policy/v1beta1"))
    spec = (
        f"spec:\n  {source.choice(('minAvailable', 'maxUnavailable'))}: {source.choice(('1', '50%', '{{ .Values.replicas }}'))}\n "
        f" selector: {{matchLabels: {{app: x}}}}\n"
    )
    return {
        "templates/hpa.yaml": manifest(api, "HorizontalPodAutoscaler", "scaler", body),
        "templates/pdb.yaml": manifest(budget, "PodDisruptionBudget", "budget", spec),
    }


def network(source: Random) -> Files:
    api = source.choice(("networking.k8s.io/v1",) * 4 + ("extensions/v1beta1",))
    backend = "{service: {name: app, port: {number: {{ .Values.service.port }}}}}"
    body = f"""\
spec:
  {source.choice(("ingressClassName: nginx", "ingressClassName: other", "defaultBackend: " + backend))}
  rules:
    {{{{- range .Values.hosts }}}}
    - host: {{{{ . | quote }}}}
      http:
        paths:
          - {{path: /, pathType: {source.choice(("Prefix", "ImplementationSpecific"))}, backend: {backend.replace(".Values", "$.Values")}}}
    {{{{- end }}}}
"""
    rule = source.choice(
        ("ingress: [{}]", "ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: 80, protocol: TCP}]}]", "policyTypes: [Egress]")
    )
    return {
        "templates/ingress.yaml": "{{- if .Values.ingress }}\n" + manifest(api, "Ingress", "site", body) + "{{- end }}\n",
        "templates/policy.yaml": manifest("networking.k8s.io/v1", "NetworkPolicy", "fence", f"spec:\n  podSelector: {{}}\n  {rule}\n"),
    }


def rights(source: Random) -> Files:
    api = "rbac.authorization.k8s.io/v1"
    role = (
        f"rules:\n  - {{apiGroups: ['', apps], resources: [{source.choice(('pods', 'secrets, configmaps'))}], verbs: [get, list, watch]}}\n"
    )
    reference = (
        f"roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: {source.choice(('Role', 'Role', 'ClusterRole'))}, "
        f"name: {source.choice(('reader', 'reader', 'writer'))}}}\n"
    )
    subjects = "subjects:\n  - {kind: ServiceAccount, name: runner, namespace: {{ .Release.Namespace }}}\n" + source.choice(
        ("", "  - {kind: User, name: me, apiGroup: rbac.authorization.k8s.io}\n")
    )
    wide = source.choice(("aggregationRule: {clusterRoleSelectors: [{matchLabels: {x: '@TAG@'}}]}\n", role, "rules: []\n"))
    parts = [
        manifest(
            "v1",
            "ServiceAccount",
            "runner",
            source.choice(("", "automountServiceAccountToken: false\n", "imagePullSecrets: [{name: pull}]\n")),
        ),
        manifest(api, "Role", "reader", role),
        manifest(api, "RoleBinding", "reader", reference + subjects),
        manifest(api, "ClusterRole", "@TAG@-wide", wide),
        manifest(
            api,
            "ClusterRoleBinding",
            "@TAG@-wide",
            "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: '@TAG@-"
            + source.choice(("wide", "wide", "narrow"))
            + "'}\n"
            + subjects,
        ),
    ]
    return {"templates/rbac.yaml": "\n---\n".join(parts)}


def claims(source: Random) -> Files:
    spec = source.choice(
        (
            "resources: {requests: {storage: 1Gi}}",
            "resources: {requests: {storage: 2Gi}}",
            "storageClassName: fast, resources: {requests: {storage: 1Gi}}",
            "resources: {requests: {storage: 1Gi}}, volumeMode: Block",
        )
    )
    head = source.choice(("", "  annotations: {'helm.sh/resource-policy': keep}\n"))
    return {
        "templates/claim.yaml": manifest(
            "v1", "PersistentVolumeClaim", "data", f"spec: {{accessModes: [ReadWriteOnce], {spec}}}\n", head=head
        )
    }


def webhooks(source: Random) -> Files:
    operations = source.choice(("[CREATE]", "[CREATE, UPDATE]"))
    hook = f"""\
webhooks:
  - name: one.@TAG@.example.com
    admissionReviewVersions: [v1]
    sideEffects: {source.choice(("None", "NoneOnDryRun"))}
    failurePolicy: {source.choice(("Fail", "Ignore"))}
    clientConfig: {{service: {{name: hook, namespace: default, path: /x}}, caBundle: {source.choice(('""', '"Cg=="', "null"))}}}
    rules:
      - {{apiGroups: [none.@TAG@.example.com], apiVersions: [v1], resources: [things], operations: {operations}}}
"""
    kind = source.choice(("Validating", "Mutating"))
    return {"templates/hook.yaml": manifest("admissionregistration.k8s.io/v1", f"{kind}WebhookConfiguration", "@TAG@-hook", hook)}


def rare(source: Random) -> Files:
    """Kinds that stand in few charts."""
    number = source.randint(1, 3)
    pool = (
        manifest("v1", "LimitRange", "limits", f"spec: {{limits: [{{type: Container, default: {{cpu: {number}00m}}}}]}}\n"),
        manifest(
            "v1",
            "ResourceQuota",
            "quota",
            f"spec: {{hard: {{configmaps: '{number * 20}', count/leases.coordination.k8s.io: '{number}'}}}}\n",
        ),
        manifest("coordination.k8s.io/v1", "Lease", "lease", f"spec: {{holderIdentity: me, leaseDurationSeconds: {number}}}\n"),
        manifest(
            "storage.k8s.io/v1",
            "StorageClass",
            "@TAG@-fast",
            f"provisioner: {source.choice(('example.com/a', 'example.com/b'))}\nreclaimPolicy: {source.choice(('Retain', 'Delete'))}\n",
        ),
        manifest("networking.k8s.io/v1", "IngressClass", "@TAG@-class", f"spec: {{controller: example.com/{source.choice('ab')}}}\n"),
        manifest("node.k8s.io/v1", "RuntimeClass", "@TAG@-run", f"handler: {source.choice(('runc', 'runsc'))}\n"),
        manifest(
            "v1",
            "PersistentVolume",
            "@TAG@-volume",
            (
                f"spec: {{capacity: {{storage: {number}Gi}}, accessModes: [ReadWriteOnce], hostPath: {{path: "
                f"/tmp/{number}}}, persistentVolumeReclaimPolicy: Retain}}\n"
            ),
        ),
        manifest(
            "apps/v1",
            "ReplicaSet",
            "rs",
            (
                f"spec: {{replicas: {number - 1}, selector: {{matchLabels: {{a: b}}}}, template: {{metadata: "
                f"{{labels: {{a: b}}}}, spec: {{containers: [{{name: c, image: 'c:{number}'}}]}}}}}}\n"
            ),
        ),
        manifest(
            "v1",
            "ReplicationController",
            "rc",
            (
                f"spec: {{replicas: {number - 1}, selector: {{a: c}}, template: {{metadata: {{labels: {{a: "
                f"c}}}}, spec: {{containers: [{{name: c, image: 'c:{number}'}}]}}}}}}\n"
            ),
        ),
        manifest(
            "v1",
            "Pod",
            "single",
            f"spec: {{containers: [{{name: c, image: 'c:{number}'{source.choice(('', ', env: [{name: A, value: b}]'))}}}]}}\n",
        ),
        manifest(
            "discovery.k8s.io/v1",
            "EndpointSlice",
            "slice",
            f"addressType: IPv4\nendpoints: [{{addresses: [10.1.2.{number}]}}]\nports: [{{port: 80}}]\n",
        ),
        manifest("v1", "PodTemplate", "shape", f"template: {{spec: {{containers: [{{name: c, image: 'c:{number}'}}]}}}}\n"),
        manifest("scheduling.k8s.io/v1", "PriorityClass", "@TAG@-first", f"value: {number}\n"),
        manifest("v1", "Namespace", "@TAG@-b", f"  labels: {{n: '{number}'}}\n").replace("@TAG@-b\n  labels", "@TAG@-c\n  labels"),
        manifest("v1", "Endpoints", "addresses", f"subsets: [{{addresses: [{{ip: 10.1.2.{number}}}], ports: [{{port: 80}}]}}]\n"),
    )
    return {"templates/rare.yaml": "\n---\n".join(source.sample(pool, source.randint(1, 3)))}


def odd(source: Random) -> Files:
    """Documents as they happen: empty, of comments, twice, in lists, in another order, with other line ends."""
    small = manifest("v1", "ConfigMap", "odd", "data: {a: '1'}\n")
    pool = (
        "---\n---\n# only words\n---\n" + small + "---\n",
        small + "\n---\n" + small.replace("'1'", "'2'"),
        small.replace("\n", "\r\n"),
        "{{- if .Values.nothing }}\n" + small + "{{- end }}\n",
        (
            "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: "
            "odd}, data: {l: '1'}}\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: odd-2}}\n"
        ),
        "apiVersion: v1\nkind: ConfigMapList\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: odd}, data: {l: '2'}}\n",
        "apiVersion: v1\nkind: List\nitems: []\n",
        manifest("v1", "ConfigMap", "x", "data: {a: b}\n").replace("name: x", "generateName: made-"),
        manifest("v1", "ConfigMap", "odd", "data: {a: 1}\n"),
        manifest("v1", "ConfigMap", "odd", "data: {a: 'x'}\nextra: {b: c}\n"),
        manifest("v1", "ConfigMap", "Odd_Name", "data: {a: 'x'}\n"),
        manifest("v1", "ConfigMap", "odd", "data: {a: b}\n", head="  namespace: '@TAG@-b'\n"),
        manifest("v1", "ConfigMap", "odd", "data: {a: b}\n", head="  namespace: '@TAG@-none'\n"),
        manifest("v1", "ConfigMap", "odd", "data: {a: &x b, c: *x}\n"),
        manifest("v1", "ConfigMap", "odd", 'data: {"ключ": "x"}\n'),
        manifest("v1", "ConfigMap", "odd", "data: {yes: 'y', n: 'no', 1: 'one'}\n"),
        manifest("v1", "ConfigMap", "odd", "data: {a: b, a: c}\n"),
        manifest("v1", "ConfigMap", "odd", "data:\n", head="  labels:\n  annotations: {}\n"),
        manifest(
            "v1",
            "ConfigMap",
            "odd",
            "data: {a: b}\n",
            head=("  labels: {app.kubernetes.io/managed-by: Other}\n  annotations: {meta.helm.sh/release-name: other}\n"),
        ),
        manifest("v1", "ConfigMap", "odd", "data: {a: b}\n", head="  finalizers: [example.com/hold]\n"),
        manifest(
            "v1",
            "ConfigMap",
            "odd",
            "data: {a: b}\n",
            head="  uid: abc\n  resourceVersion: '5'\n  creationTimestamp: null\n  generation: 7\n",
        ),
        manifest(
            "v1",
            "ConfigMap",
            "odd",
            "data: {a: b}\n",
            head="  ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: none, uid: abc}]\n",
        ),
        "kind: ConfigMap\nmetadata: {name: odd}\n",
        "apiVersion: v1\nmetadata: {name: odd}\n",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {labels: {a: b}}\n",
        "just text\n",
        "- a\n- b\n",
        "apiVersion: none.example.com/v1\nkind: Thing\nmetadata: {name: odd}\n",
        '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "odd"}, "data": {"json": "{}"}}\n',
        '{{ fail "stop here" }}\n',
        '{{ required "level is needed" .Values.absent }}\n',
        "{{ .Values.none.deeper }}\n",
        '{{ include "missing" . }}\n',
        "a: b: c\n",
    )
    return {"templates/odd.yaml": source.choice(pool)}


def switched(source: Random) -> Files:
    """One name, of several kinds; a kind in a group of its own."""
    pod = (
        "spec: {selector: {matchLabels: {app: same}}, template: {metadata: {labels: {app: same}}, "
        "spec: {containers: [{name: c, image: 'c:1'}]}}}\n"
    )
    return {
        "templates/same.yaml": source.choice(
            (
                manifest("v1", "ConfigMap", "same", "data: {a: b}\n"),
                manifest("v1", "Secret", "same", "data: {a: Yg==}\n"),
                manifest("apps/v1", "Deployment", "same", pod),
                manifest("apps/v1", "StatefulSet", "same", pod),
                manifest("apps/v1", "DaemonSet", "same", pod),
                manifest("v1", "Service", "same", "spec: {ports: [{port: 80}]}\n"),
                manifest("v1", "ServiceAccount", "same", ""),
            )
        )
    }


def definitions(source: Random) -> Files:
    """A definition and objects of it, the definition in crds/ or in the templates."""
    text = yaml.safe_dump(widget_definition(source))
    if source.random() < 0.3:
        text = text.replace("served: true\n    storage: true", "served: true\n    storage: true")
    where = source.choice(("crds/widget.yaml", "crds/widget.yaml", "crds/widget.yaml", "templates/crd.yaml"))
    size = source.choice((1, 2, 3, -1, '"text"'))
    more = source.choice(("", ", tags: [a, b]", ", other: 1"))
    widget = manifest(
        "@TAG@.example.com/v1",
        "Widget",
        "widget",
        f"spec: {{size: {size}, parts: [{{name: x, value: {source.randint(1, 3)}}}]{more}}}\n",
    )
    guard = '{{- if .Capabilities.APIVersions.Has "@TAG@.example.com/v1" }}\n' + widget + "{{- end }}\n"
    return {where: text, "templates/widget.yaml": source.choice((widget, widget, widget, guard))}
