"""The cluster a test was given: its API, its clock, its images, its requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from pytest_helmsim.backends.base import FEATURES, ClusterCannot
from pytest_helmsim.harness.errors import BadReference
from pytest_helmsim.harness.live import LiveObject
from pytest_helmsim.harness.story import Story
from pytest_helmsim.objects.kinds import GroupVersionKind
from pytest_helmsim.release.profiles import MANAGERS, flavour_of
from pytest_helmsim.schema.catalog import Catalog, UnknownKubernetesVersion

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

    from pytest_helmsim.apiserver.admission.scripted import Script
    from pytest_helmsim.apiserver.app import Snapshot
    from pytest_helmsim.apiserver.controllers.images import Images
    from pytest_helmsim.backends.base import Backend
    from pytest_helmsim.backends.embedded import EmbeddedBackend
    from pytest_helmsim.client.client import Client
    from pytest_helmsim.objects.clock import Clock
    from pytest_helmsim.objects.flavour import Flavour
    from pytest_helmsim.release.profiles import Profile
    from pytest_helmsim.schema.model import Schema


class Cluster:
    """One isolated cluster (or namespace of a real one) and what happened in it.

    What only the embedded cluster has (`images`, `webhook`, `requests`, `advance`, `snapshot` …) raises `ClusterCannot` on another one;
    under pytest that is a skip with the reason.
    """

    def __init__(self, backend: Backend, *, flavour: Flavour = "helm4", profile: Profile | None = None) -> None:
        self._backend = backend
        self.profile: Profile = profile or flavour
        self.flavour: Flavour = flavour_of(self.profile)
        self.story = Story()
        self._catalog: Catalog | None = None

    @property
    def name(self) -> str:
        """`embedded`, `kind` or `kubeconfig`."""
        return self._backend.name

    @property
    def field_manager(self) -> str:
        """The name by which releases of this cluster are written."""
        return MANAGERS[self.profile]

    @property
    def namespace(self) -> str:
        """Where releases of this test go unless they say otherwise."""
        return self._backend.namespace

    @property
    def client(self) -> Client:
        """Our own client: JSON in, JSON out."""
        return self._backend.client

    @property
    def api_client(self) -> ApiClient:
        """For the `kubernetes` package: `kubernetes.client.AppsV1Api(cluster.api_client)`."""
        return self._backend.api_client

    @property
    def clock(self) -> Clock:
        """The cluster's time: virtual on the embedded one."""
        return self._backend.clock

    @property
    def images(self) -> Images:
        """What each image does when a pod runs it: `cluster.images["web:9.9.9"] = CrashLoop(logs="panic")`."""
        return self._embedded("scripted images").images

    def webhook(self, name: str, answer: Script) -> None:
        """What the admission webhook of that name (`validate.example.com`) answers from now on, instead of being called.

        `answer` is `Allow`, `Deny`, `Patch` or `Unreachable`, or a function from the `request` of the AdmissionReview to one of them
        (or to a whole AdmissionResponse; None allows). A webhook behind a Service must have a ready endpoint to be asked at all.
        """
        self._embedded("scripted webhooks").server.webhooks[name] = answer

    @property
    def requests(self) -> list[Any]:
        """Every request the server was asked, in order."""
        return list(self._embedded("request log").server.requests)

    @property
    def notes(self) -> list[str]:
        """What the embedded cluster accepted without checking it, each once; empty on a real cluster, which checks all."""
        server = self._backend.server
        return [] if server is None else list(server.notes)

    def advance(self, seconds: float) -> None:
        """Let cluster time pass: what was due until then happens."""
        self._embedded("virtual clock")
        self.clock.sleep(seconds)

    def snapshot(self) -> Snapshot:
        """The cluster's whole content at this moment, for `restore`; costs next to nothing."""
        return self._embedded("snapshots").snapshot()

    def restore(self, snapshot: Snapshot) -> None:
        """The content as it was. Time does not go back; open watches end."""
        self._embedded("snapshots").restore(snapshot)

    def fork(self) -> Cluster:
        """An independent cluster with the same content, time and images; `release.on(fork)` is the same release there."""
        twin = Cluster(self._embedded("snapshots").fork(), flavour=self.flavour, profile=self.profile)
        twin.story = self.story
        return twin

    def move_to(self, version: str) -> None:
        """Upgrade or downgrade the running cluster to a Kubernetes version (`1.37`): what is served, defaulted and
        validated changes, what is stored stays. Raises `BackendError` for a version that is not known.
        """
        self._embedded("Kubernetes version by test").move_to(version)
        self._catalog = None

    def live(self, reference: str, *, namespace: str | None = None) -> LiveObject:
        """The live object `KIND/NAME` (or `KIND.GROUP/NAME`); nothing is asked of the cluster but its kinds."""
        kind, name = split_reference(reference)
        resource = self.client.resources.named(kind)
        where = (namespace or self.namespace) if resource.namespaced else ""
        return LiveObject(self.client, resource, name, where, self.story)

    def schema(self, gvk: GroupVersionKind) -> Schema | None:
        """What the fields of a built-in kind mean in this cluster's version; None for any other kind."""
        if self._catalog is None:
            try:
                self._catalog = Catalog.for_version(self.client.version()["gitVersion"])
            except UnknownKubernetesVersion:
                self._catalog = Catalog.for_version()
        return self._catalog.schema(gvk)

    def require(self, *features: str) -> None:
        """Raise `ClusterCannot` for the first feature that this cluster lacks."""
        for feature in features:
            if feature not in FEATURES:
                raise BadReference(f"no feature of a cluster is called {feature!r}; there are {', '.join(FEATURES)}")
            self._embedded(feature)

    def _embedded(self, feature: str) -> EmbeddedBackend:
        if self._backend.server is None:
            raise ClusterCannot(self.name, feature, FEATURES[feature])
        return cast("EmbeddedBackend", self._backend)


def split_reference(reference: str) -> tuple[str, str]:
    """`Deployment/web` -> its two parts; raises `BadReference` for another form."""
    kind, slash, name = reference.partition("/")
    if not (kind and slash and name) or "/" in name:
        raise BadReference(f"{reference!r} names no object: write KIND/NAME, such as Deployment/web or Ingress.networking.k8s.io/web")
    return kind, name
