"""What can be wrong with a chart, its values or its templates: one class for each reason a caller may act on; texts are Helm's."""

from __future__ import annotations

from pytest_helmsim.objects.errors import HelmsimError


class ChartError(HelmsimError):
    """The root of everything below."""


class ChartNotFound(ChartError):
    """There is no chart where one was asked for."""


class InvalidChart(ChartError):
    """Files that make no chart: broken Chart.yaml, forbidden names in an archive, a size beyond the limit."""


class ValuesError(ChartError):
    """Values that cannot be read, merged or given to a subchart."""


class SchemaError(ChartError):
    """Values that a values.schema.json refuses."""


class RenderError(ChartError):
    """A template that cannot be parsed or executed, or output that is no manifest."""


class ManifestError(RenderError):
    """Rendered text that is no YAML; `rendered` holds the files, for `--debug`."""

    def __init__(self, message: str, rendered: dict[str, str]) -> None:
        super().__init__(message)
        self.rendered = rendered


class DependencyError(ChartError):
    """Dependencies that are declared and missing, or cannot be resolved, fetched or locked."""


class RepositoryError(ChartError):
    """A chart repository or its index that is missing, unreachable or broken."""
