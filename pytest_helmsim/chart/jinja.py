"""Templates of Jinja2 in a chart: files under `templates/` whose names end in `.j2`. This is ours; Helm knows nothing of it.

They see the objects that Go templates see (`Values`, `Release`, `Chart`, `Capabilities`, `Files`, `Template`, `Subcharts`), may import and
include each other by their paths below the chart (`{% import "templates/_macros.j2" as m %}`), and call `include(NAME, DATA)` for what Go
templates define. Helm's functions are filters: the value in front is Go's last argument (`Values.labels | toYaml | nindent(4)`). A name
that does not exist is an error.

The sandbox of Jinja2, and bounds of our own: filters and methods of texts that can blow a small template up are left out or checked, loops,
calls and filters are counted, so is the output.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

import jinja2
from jinja2 import nodes
from jinja2.sandbox import SandboxedEnvironment

from pytest_helmsim.chart.errors import RenderError
from pytest_helmsim.template.binding import bind
from pytest_helmsim.template.calls import Argument, Binding
from pytest_helmsim.template.errors import Fault, FunctionError, TemplateError
from pytest_helmsim.template.fields import helpers
from pytest_helmsim.template.limits import Limits
from pytest_helmsim.template.signatures import Function
from pytest_helmsim.template.values import GoObject, go_type

SUFFIX: Final = ".j2"
MAX_TEXT: Final = 4 * 1024 * 1024
MAX_ITEMS: Final = 200_000
MAX_BITS: Final = 4096
_KEPT_FILTERS: Final = frozenset({
    "abs", "capitalize", "count", "d", "default", "dictsort", "first", "float", "groupby", "int", "items", "join", "last", "length", "list",
    "lower", "map", "max", "min", "reject", "rejectattr", "replace", "reverse", "round", "select", "selectattr", "sort", "string", "sum",
    "title", "trim", "unique", "upper",
})  # fmt: skip
_TEXT_METHODS: Final = frozenset({
    "capitalize", "count", "endswith", "find", "isalnum", "isalpha", "isdigit", "islower", "isnumeric", "isspace", "isupper", "lower",
    "lstrip", "removeprefix", "removesuffix", "rsplit", "rstrip", "split", "splitlines", "startswith", "strip", "title", "upper",
})  # fmt: skip
_ONLY_GO: Final = frozenset({
    "and", "call", "eq", "ge", "gt", "html", "index", "js", "le", "len", "lt", "ne", "not", "or", "print", "println", "slice", "urlquery",
})  # fmt: skip
"""What Jinja2 has as operators or by other names."""
_field: Final = helpers("zero")["field1"]

Include = Callable[[str, Any], str]


class TooMuch(RenderError):
    """A template asks for more than its bounds allow."""


class Templates:
    """The `.j2` files of a release's charts, by their paths; `include` runs what a Go template defines."""

    def __init__(self, texts: Mapping[str, str], functions: Mapping[str, Function], include: Include, limits: Limits) -> None:
        self._texts = texts
        self._environment = _Environment(texts, functions, limits)
        self._environment.globals["include"] = include
        self._limits = limits

    def render(self, path: str, objects: Mapping[str, Any]) -> str:
        """What the file at `path` prints; raise RenderError with the file and the line."""
        self._environment.steps = 0
        parts: list[str] = []
        size = 0
        try:
            for part in self._environment.get_template(path).generate(objects):
                parts.append(part)
                size += len(part)
                if size > self._limits.output:
                    raise TooMuch(f"prints more than {self._limits.output} characters")
        except jinja2.TemplateSyntaxError as error:
            raise RenderError(f"parse error at ({error.name or path}:{error.lineno}): {error.message}") from error
        except RecursionError as error:
            raise RenderError(f"execution error at ({path}:{self._line(error, path)[1]}): templates are nested too deep") from error
        except (jinja2.TemplateError, RenderError, Fault, FunctionError, TemplateError, ArithmeticError, LookupError, TypeError,
                ValueError, AttributeError) as error:  # fmt: skip
            name, line = self._line(error, path)
            raise RenderError(f"execution error at ({name}:{line}): {error}") from error
        return "".join(parts)

    def _line(self, error: BaseException, path: str) -> tuple[str, int]:
        """The innermost place in a `.j2` file that an error came through."""
        found = path, 0
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename in self._texts:
                found = trace.tb_frame.f_code.co_filename, trace.tb_lineno
            trace = trace.tb_next
        return found


class _Missing(jinja2.StrictUndefined):
    """An error in the words of the objects that templates see."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        if self._undefined_obj is jinja2.utils.missing:
            return f"there is no {self._undefined_name}"
        return f"{go_type(self._undefined_obj)} has no {self._undefined_name}"


class _Environment(SandboxedEnvironment):
    """Jinja2's sandbox with Go's objects and our bounds."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self, texts: Mapping[str, str], functions: Mapping[str, Function], limits: Limits) -> None:
        loader = jinja2.FunctionLoader(lambda name: (texts[name], name, lambda: True) if name in texts else None)
        super().__init__(loader=loader, undefined=_Missing, keep_trailing_newline=True, autoescape=False)
        self.steps = 0
        self._most_steps = limits.steps
        own = {name: call for name, call in self.filters.items() if name in _KEPT_FILTERS}
        ours = {name: partial(_call, functions, name) for name in functions if name not in own and name not in _ONLY_GO}
        own["join"] = self._join
        self.filters = {name: self._counted(name, call) for name, call in {**own, **ours}.items()}
        self.globals = {name: each for name, each in self.globals.items() if name in ("range", "dict", "namespace")}

    def spend(self, steps: int = 1) -> str:
        """Count; the bound is that of Go templates."""
        self.steps += steps
        if self.steps > self._most_steps:
            raise TooMuch(f"takes more than {self._most_steps} steps")
        return ""

    def _counted(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        context = getattr(call, "jinja_pass_arg", None)
        place = 0 if context is None else 1

        def counted(*arguments: Any, **named: Any) -> Any:
            for value in (*arguments[place:], *named.values()):
                self.spend(1 + (len(value) // 64 if isinstance(value, str) else 0))
            if name == "replace":
                _check_growth(str(arguments[place]), arguments[place + 1 :])
            result = call(*arguments, **named)
            return self._spend_each(result) if isinstance(result, Iterator) else self.weighed(result)

        if context is not None:
            counted.jinja_pass_arg = context  # type: ignore[attr-defined]
        return counted

    def _spend_each(self, items: Iterator[Any]) -> Iterator[Any]:
        for item in items:
            self.spend()
            yield item

    def _generate(self, source: nodes.Template, *arguments: Any, **named: Any) -> str:
        """Count every pass of a loop and every call of a macro; join texts by a function that looks at their size."""
        for node in source.find_all((nodes.For, nodes.Macro, nodes.CallBlock)):
            step = _method("spend", [], node)
            node.body.insert(0, nodes.Output([step], lineno=node.lineno))  # type: ignore[attr-defined]
        return super()._generate(_Checked().visit(source), *arguments, **named)

    def weighed(self, value: Any) -> Any:
        """A value that is no larger than the bound, lists within lists counted as often as they would be printed."""
        weight, pending = 0, [value]
        while pending:
            each = pending.pop()
            if isinstance(each, dict):
                pending += each.values()
            elif isinstance(each, list | tuple):
                pending += each
            weight += 1 + (len(each) // 64 if isinstance(each, str) else 0)
            if weight + len(pending) > MAX_ITEMS:
                raise TooMuch(f"makes a list or map of more than {MAX_ITEMS} items")
        if isinstance(value, dict | list | tuple):
            self.spend(weight // 64)
        return value

    def _join(self, items: Any, separator: str = "") -> str:
        texts = [str(item) for item in items]
        _check(sum(map(len, texts)) + len(texts) * len(separator))
        return separator.join(texts)

    def concat_checked(self, *parts: Any) -> str:
        texts = [str(part) for part in parts]
        _check(sum(map(len, texts)))
        self.spend(1 + sum(map(len, texts)) // 64)
        return "".join(texts)

    def call(__self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        __self.spend()
        return __self.weighed(super().call(__context, __obj, *args, **kwargs))

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        self.spend()
        if operator == "*":
            for text, count in ((left, right), (right, left)):
                if isinstance(text, str | list | tuple | bytes) and isinstance(count, int):
                    _check(len(text) * max(0, count))
        elif operator == "+" and isinstance(left, str | list | tuple) and isinstance(right, str | list | tuple):
            _check(len(left) + len(right))
            self.spend((len(left) + len(right)) // 64)
        elif operator == "%" and isinstance(left, str):
            raise TooMuch("texts are formatted by the filter printf, not by %")
        if operator in ("*", "**") and isinstance(left, int) and isinstance(right, int):
            bits = left.bit_length() * max(1, right) if operator == "**" else left.bit_length() + right.bit_length()
            if bits > MAX_BITS:
                raise TooMuch(f"makes a number of more than {MAX_BITS} bits")
        return self.weighed(super().call_binop(context, operator, left, right))

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        found = _of_go(obj, attribute)
        return super().getattr(obj, attribute) if found is None else found

    def getitem(self, obj: Any, argument: Any) -> Any:
        found = _of_go(obj, argument) if isinstance(argument, str) else None
        return super().getitem(obj, argument) if found is None else found

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if isinstance(obj, GoObject) or getattr(type(obj), "methods", None):
            return False
        if isinstance(obj, str):
            return attr in _TEXT_METHODS
        if isinstance(obj, dict):
            return attr in ("get", "items", "keys", "values")
        return not isinstance(obj, bytes | list) and super().is_safe_attribute(obj, attr, value)


def _of_go(value: Any, name: str) -> Any:
    """A field or a method of an object that Go templates see; None for what has neither."""
    method = (getattr(type(value), "methods", None) or {}).get(name)
    if method is not None:
        return lambda *arguments: method.call(value, *arguments)
    if isinstance(value, GoObject) and name in value.fields:
        return _field(value, name)
    return None


def _call(functions: Mapping[str, Function], name: str, value: Any, *arguments: Any) -> Any:
    """One of Helm's functions as a filter."""
    given = (*arguments, value)
    binding = Binding(name, (Argument(interface=True),) * len(given), piped=True)
    return bind(functions[name], binding)(*given)


class _Checked(jinja2.visitor.NodeTransformer):
    """Calls in place of `~` and around lists and maps that are written out."""

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        return _method("concat_checked", [self.visit(each) for each in node.nodes], node)

    def visit_List(self, node: nodes.List) -> nodes.Node:
        return self._weighed(node)

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:
        return self._weighed(node)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:
        return self._weighed(node) if node.ctx == "load" else node

    def _weighed(self, node: nodes.Expr) -> nodes.Node:
        return _method("weighed", [self.generic_visit(node)], node)


def _method(name: str, arguments: list[Any], at: nodes.Node) -> nodes.Call:
    method = nodes.EnvironmentAttribute(name, lineno=at.lineno)
    return nodes.Call(method, arguments, [], None, None, lineno=at.lineno)


def _check_growth(text: str, arguments: tuple[Any, ...]) -> None:
    longest = max((len(each) for each in arguments if isinstance(each, str)), default=0)
    _check((len(text) + 1) * (longest + 1))


def _check(size: int) -> None:
    if size > MAX_TEXT:
        raise TooMuch(f"makes a text or list longer than {MAX_TEXT}")


__all__ = ["SUFFIX", "Templates", "TooMuch"]
