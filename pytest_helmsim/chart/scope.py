"""The built-in objects of templates: .Chart, .Files, .Capabilities, and the named maps, with the fields and methods Go gives them.

Source: helm.sh/helm pkg/engine/{engine,files}.go, pkg/chart/common/{capabilities,values}.go, pkg/chart/{metadata,dependency}.go ([3]).
"""

from __future__ import annotations

import base64
import posixpath
from collections.abc import Iterable
from typing import Any, ClassVar

from pytest_helmsim.chart import globs, model
from pytest_helmsim.chart.capabilities import GO_VERSION, HELM_VERSIONS, Capabilities
from pytest_helmsim.chart.model import Chart, Dependency, File, Maintainer, Metadata
from pytest_helmsim.objects import gojson, yaml_load, yamlio
from pytest_helmsim.objects.flavour import HELM3, Flavour
from pytest_helmsim.template.errors import FunctionError
from pytest_helmsim.template.quoting import quote
from pytest_helmsim.template.signatures import Function, define
from pytest_helmsim.template.values import MAP_METHODS, PLAIN_MAPS, GoObject, StringList, StringMap, TypedList, TypedMap


def _as_map(values: Values3) -> dict[str, Any]:
    return dict(values)


def _as_yaml(values: Values3) -> str:
    try:
        return yamlio.dump(values)
    except (yaml_load.YamlError, gojson.GoJsonError) as error:
        raise FunctionError(str(error)) from error


def _table(values: Values3, path: str) -> Values3:
    found = values
    for key in path.split("."):
        item = found.get(key)
        if not isinstance(item, dict) or not (_is_table(item) or isinstance(item, Values3)):
            raise FunctionError(f"{quote(key)} is not a table")
        found = type(values)(item)
    return found


def _path_value(values: Values3, path: str) -> Any:
    if not path:
        raise FunctionError("YAML path cannot be empty")
    parents, _, key = path.rpartition(".")
    try:
        table = _table(values, parents) if "." in path else values
    except FunctionError:
        table = type(values)()
    if key not in table or _is_table(table[key]):
        raise FunctionError(f"{quote(key)} is not a value")
    return table[key]


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) and not isinstance(value, TypedMap)


class Values3(TypedMap):
    """Helm's named map of values, as [3] calls it; fields are looked up as in a plain map unless they have a method's name."""

    __slots__ = ()
    GO_TYPE = "chartutil.Values"
    UNDERLYING: ClassVar[str] = "map[string]interface {}"
    methods: ClassVar[dict[str, Function]] = {
        "AsMap": define("AsMap", _as_map, result="map[string]any"),
        "YAML": define("YAML", _as_yaml, result="string"),
        "Table": define("Table", _table, "string", result="Values"),
        "PathValue": define("PathValue", _path_value, "string"),
        "Encode": define("Encode", _as_yaml, "io.Writer", result="error"),
    }


class Values4(Values3):
    """The same in [4]."""

    __slots__ = ()
    GO_TYPE = "common.Values"


PLAIN_MAPS.update((Values3, Values4))
MAP_METHODS.update(Values3.methods)


def named_values(values: dict[str, Any], flavour: Flavour) -> dict[str, Any]:
    """A map as `.Values` and `.Template` have it."""
    return Values3(values) if flavour == HELM3 else Values4(values)


def _get_bytes(files: Files, name: str) -> bytes:
    content: bytes = files.get(name, b"")
    return content


def _get(files: Files, name: str) -> str:
    content: bytes = files.get(name, b"")
    return content.decode("utf-8", "surrogateescape")


def _glob(files: Files, pattern: str) -> Files:
    try:
        matches = globs.deep(pattern)
    except ValueError:
        return Files(files)
    return Files({name: content for name, content in files.items() if matches(name)})


def _as_config(files: Files) -> str:
    return _to_yaml({posixpath.basename(name): content.decode("utf-8", "surrogateescape") for name, content in sorted(files.items())})


def _as_secrets(files: Files) -> str:
    return _to_yaml({posixpath.basename(name): base64.b64encode(content).decode() for name, content in sorted(files.items())})


def _to_yaml(value: Any) -> str:
    try:
        return yamlio.dump(value).removesuffix("\n")
    except (yaml_load.YamlError, gojson.GoJsonError):
        return ""


def _lines(files: Files, name: str) -> StringList:
    content: bytes = files.get(name, b"")
    if not content:
        return StringList()
    return StringList(content.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n"))


class Files(TypedMap):
    """`.Files`: path to content of the chart's files that are no templates."""

    __slots__ = ()
    GO_TYPE = "engine.files"
    UNDERLYING: ClassVar[str] = "map[string][]uint8"
    ZERO = b""
    methods: ClassVar[dict[str, Function]] = {
        "Get": define("Get", _get, "string", result="string"),
        "GetBytes": define("GetBytes", _get_bytes, "string", result="[]uint8"),
        "Glob": define("Glob", _glob, "string", result="engine.files"),
        "AsConfig": define("AsConfig", _as_config, result="string"),
        "AsSecrets": define("AsSecrets", _as_secrets, result="string"),
        "Lines": define("Lines", _lines, "string", result="[]string"),
    }

    @classmethod
    def of(cls, files: Iterable[File]) -> Files:
        return cls({file.name: file.data for file in files})


def _has(versions: VersionSet, version: str) -> bool:
    return version in versions


class VersionSet(TypedList):
    """`.Capabilities.APIVersions`."""

    __slots__ = ()
    GO_TYPE = "common.VersionSet"
    ZERO = ""
    UNDERLYING: ClassVar[str] = "[]string"
    methods: ClassVar[dict[str, Function]] = {"Has": define("Has", _has, "string", result="bool")}


class VersionSet3(VersionSet):
    """The same under the name it has in [3]."""

    __slots__ = ()
    GO_TYPE = "chartutil.VersionSet"


class _Struct(GoObject):
    """A struct: attributes from keyword arguments, JSON by the names in `json_names`."""

    json_names: ClassVar[dict[str, str]] = {}
    omit_empty: ClassVar[bool] = False

    def __init__(self, **attributes: Any) -> None:
        for name, value in attributes.items():
            setattr(self, name, value)

    def marshal_json(self) -> str:
        pairs = [(self.json_names.get(name, name), value) for name, value in self.go_fields() if name in self.fields]
        return gojson.encode_fields((name, value) for name, value in pairs if value or not self.omit_empty)


class KubeVersionObject(_Struct):
    """`.Capabilities.KubeVersion`. Go prints its normal form where it stands alone, all fields elsewhere."""

    GO_TYPE = "common.KubeVersion"
    fields: ClassVar[dict[str, str]] = {"Version": "version", "Major": "major", "Minor": "minor"}
    methods: ClassVar[dict[str, Function]] = {
        "String": define("String", lambda self: self.normal, result="string"),
        "GitVersion": define("GitVersion", lambda self: self.version, result="string"),
    }
    version: str
    normal: str
    major: str
    minor: str

    def go_string(self) -> str:
        return self.normal

    def go_fields(self) -> list[tuple[str, Any]]:
        return [("Version", self.version), ("normalizedVersion", self.normal), ("Major", self.major), ("Minor", self.minor)]


class KubeVersionObject3(KubeVersionObject):
    GO_TYPE = "chartutil.KubeVersion"

    def go_fields(self) -> list[tuple[str, Any]]:
        return [("Version", self.version), ("Major", self.major), ("Minor", self.minor)]


class HelmVersionObject(_Struct):
    """`.Capabilities.HelmVersion`."""

    GO_TYPE = "version.BuildInfo"
    json_names: ClassVar[dict[str, str]] = {
        "Version": "version",
        "GitCommit": "git_commit",
        "GitTreeState": "git_tree_state",
        "GoVersion": "go_version",
        "KubeClientVersion": "kube_client_version",
    }
    omit_empty = True
    fields: ClassVar[dict[str, str]] = {
        "Version": "version",
        "GitCommit": "git_commit",
        "GitTreeState": "git_tree_state",
        "GoVersion": "go_version",
        "KubeClientVersion": "kube_client_version",
    }


class HelmVersionObject3(HelmVersionObject):
    fields: ClassVar[dict[str, str]] = {
        "Version": "version",
        "GitCommit": "git_commit",
        "GitTreeState": "git_tree_state",
        "GoVersion": "go_version",
    }


class CapabilitiesObject(_Struct):
    """`.Capabilities`, a pointer."""

    GO_TYPE = "*common.Capabilities"
    KIND = "ptr"
    fields: ClassVar[dict[str, str]] = {"KubeVersion": "kube_version", "APIVersions": "api_versions", "HelmVersion": "helm_version"}


class CapabilitiesObject3(CapabilitiesObject):
    GO_TYPE = "*chartutil.Capabilities"


def capabilities_object(capabilities: Capabilities) -> CapabilitiesObject:
    """Capabilities as templates see them."""
    legacy = capabilities.flavour == HELM3
    kube = capabilities.kube_version
    version = (KubeVersionObject3 if legacy else KubeVersionObject)(
        version=kube.version, normal=kube.normal, major=kube.major, minor=kube.minor
    )
    helm = (HelmVersionObject3 if legacy else HelmVersionObject)(
        version=HELM_VERSIONS[capabilities.flavour],
        git_commit="",
        git_tree_state="",
        go_version=GO_VERSION,
        kube_client_version="v1.37",
    )
    versions = (VersionSet3 if legacy else VersionSet)(capabilities.api_versions)
    return (CapabilitiesObject3 if legacy else CapabilitiesObject)(kube_version=version, api_versions=versions, helm_version=helm)


class NilStringMap(StringMap):
    """`map[string]string(nil)`."""

    __slots__ = ()

    def marshal_json(self) -> str:
        return "null"


class _PointerList(TypedList):
    __slots__ = ()


class MaintainerList(_PointerList):
    __slots__ = ()
    GO_TYPE = "[]*chart.Maintainer"


class DependencyList(_PointerList):
    __slots__ = ()
    GO_TYPE = "[]*chart.Dependency"


class MaintainerObject(_Struct):
    GO_TYPE = "*chart.Maintainer"
    KIND = "ptr"
    fields: ClassVar[dict[str, str]] = {"Name": "name", "Email": "email", "URL": "url"}
    json_names: ClassVar[dict[str, str]] = {"Name": "name", "Email": "email", "URL": "url"}
    omit_empty = True


class DependencyObject(_Struct):
    GO_TYPE = "*chart.Dependency"
    KIND = "ptr"
    fields: ClassVar[dict[str, str]] = {
        "Name": "name", "Version": "version", "Repository": "repository", "Condition": "condition", "Tags": "tags",
        "Enabled": "enabled", "ImportValues": "import_values", "Alias": "alias",
    }  # fmt: skip

    def __init__(self, dependency: Dependency) -> None:
        super().__init__(**{name: getattr(dependency, name) for name in self.fields.values()})
        self.tags = StringList(dependency.tags or ())
        self.import_values = list(dependency.import_values or ())
        self._dependency = dependency

    def marshal_json(self) -> str:
        return gojson.encode_fields(model.dependency_json(self._dependency).items())


class ChartObject(_Struct):
    """`.Chart` in [3]: Chart.yaml's fields and IsRoot."""

    GO_TYPE = "struct { chart.Metadata; IsRoot bool }"
    fields: ClassVar[dict[str, str]] = {
        "Name": "name", "Home": "home", "Sources": "sources", "Version": "version", "Description": "description",
        "Keywords": "keywords", "Maintainers": "maintainers", "Icon": "icon", "APIVersion": "api_version", "Condition": "condition",
        "Tags": "tags", "AppVersion": "app_version", "Deprecated": "deprecated", "Annotations": "annotations",
        "KubeVersion": "kube_version", "Dependencies": "dependencies", "Type": "type", "IsRoot": "is_root",
    }  # fmt: skip

    def __init__(self, metadata: Metadata, is_root: bool) -> None:
        super().__init__(**{name: getattr(metadata, name, None) for name in self.fields.values()})
        self.sources = StringList(metadata.sources or ())
        self.keywords = StringList(metadata.keywords or ())
        self.annotations = StringMap(metadata.annotations or {})
        self.maintainers = MaintainerList(_maintainer_object(each) for each in metadata.maintainers or () if each is not None)
        self.dependencies = DependencyList(DependencyObject(each) for each in metadata.dependencies or ())
        self.is_root = is_root
        self._metadata = metadata

    def go_fields(self) -> list[tuple[str, Any]]:
        inner = _Embedded()
        inner.inner_fields = super().go_fields()[:-1]
        return [("Metadata", inner), ("IsRoot", self.is_root)]

    def marshal_json(self) -> str:
        return gojson.encode_fields([*model.metadata_json(self._metadata).items(), ("IsRoot", self.is_root)])


class _Embedded(GoObject):
    """The embedded struct, for printing."""

    GO_TYPE = "chart.Metadata"
    inner_fields: list[tuple[str, Any]]

    def go_fields(self) -> list[tuple[str, Any]]:
        return self.inner_fields


def _maintainer_object(maintainer: Maintainer) -> MaintainerObject:
    return MaintainerObject(name=maintainer.name, email=maintainer.email, url=maintainer.url)


def chart_object(chart: Chart, flavour: Flavour) -> Any:
    """`.Chart`: a struct in [3], a map with the struct's names in [4]."""
    metadata = chart.metadata
    if flavour == HELM3:
        return ChartObject(metadata, chart.is_root)
    return {
        "Name": metadata.name,
        "Home": metadata.home,
        "Sources": list(metadata.sources or ()),
        "Version": metadata.version,
        "Description": metadata.description,
        "Keywords": list(metadata.keywords or ()),
        "Maintainers": [
            {"Name": each.name, "Email": each.email, "URL": each.url} for each in metadata.maintainers or () if each is not None
        ],
        "Icon": metadata.icon,
        "APIVersion": metadata.api_version,
        "Condition": metadata.condition,
        "Tags": metadata.tags,
        "AppVersion": metadata.app_version,
        "Deprecated": metadata.deprecated,
        "Annotations": StringMap(metadata.annotations) if metadata.annotations else NilStringMap(),
        "KubeVersion": metadata.kube_version,
        "Dependencies": [_dependency_map(each) for each in metadata.dependencies or ()],
        "Type": metadata.type,
        "IsRoot": chart.is_root,
    }


def _dependency_map(dependency: Dependency) -> dict[str, Any]:
    return {
        "Name": dependency.name,
        "Version": dependency.version,
        "Repository": dependency.repository,
        "Condition": dependency.condition,
        "Tags": list(dependency.tags or ()),
        "Enabled": dependency.enabled,
        "ImportValues": list(dependency.import_values or ()),
        "Alias": dependency.alias,
    }
