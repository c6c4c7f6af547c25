"""A set of templates that can call each other, and their execution.

A text is looked at once for all environments of the process (`units`); what is made of it, for the interpreter or compiled, is theirs
too, and an environment only links it to its own functions. Go: text/template/template.go, exec.go `Execute`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_helmsim.template import gofmt, runtime, stack, units
from pytest_helmsim.template.binding import bind
from pytest_helmsim.template.calls import Compiled
from pytest_helmsim.template.errors import Fault, FunctionError, LimitExceeded, NoSuchTemplate, TemplateError, Unplaced
from pytest_helmsim.template.fields import MissingKey, helpers, method_caller
from pytest_helmsim.template.functions import COMMON
from pytest_helmsim.template.functions.builtins import TABLE as BUILTINS
from pytest_helmsim.template.interpreter import EACH, PAIRS, TEMPLATES, Dialect
from pytest_helmsim.template.lexer import BRACES, Delimiters
from pytest_helmsim.template.limits import STANDARD, Limits
from pytest_helmsim.template.pipelines import Calls
from pytest_helmsim.template.quoting import quote
from pytest_helmsim.template.runtime import Budget, Linked, Output, Run
from pytest_helmsim.template.signatures import Function, Layered
from pytest_helmsim.template.units import Body
from pytest_helmsim.template.values import Value

if TYPE_CHECKING:
    from pytest_helmsim.template.tracing import Trace, Tracer

_GO_DEPTH = 100_000
_OPERATORS = frozenset({"and", "or", "not"})
_PLAIN = Dialect({})
_COMMON = Layered(BUILTINS, COMMON)
_STANDARD = Dialect(_COMMON)


class Template:
    """One named template of an environment; made by `Environment.add`."""

    __slots__ = ("_environment", "_run", "_traced", "body", "name", "parse_name")

    def __init__(self, environment: Environment, name: str, parse_name: str, body: Body) -> None:
        self._environment = environment
        self._run: Run | None = None
        self._traced: tuple[Tracer, Run] | None = None
        self.name = name
        self.parse_name = parse_name
        self.body = body

    @property
    def run(self) -> Run:
        tracer = self._environment.tracer
        if tracer is not None:
            if self._traced is None or self._traced[0] is not tracer:
                self._traced = tracer, self._link()
            return self._traced[1]
        if self._run is None:
            interpreted = self._environment.interpreted(self.body)
            self._run = self._link() if interpreted is None else interpreted
        return self._run

    def _link(self) -> Run:
        compiled = self.body.compiled
        linked = Linked(self.name, self.parse_name, self.body.text, compiled, partial(self._environment.arity_errors, compiled))
        return linked.link(self._environment.resolver(compiled))

    def moved(self, environment: Environment) -> Template:
        return Template(environment, self.name, self.parse_name, self.body)


class Environment:
    """Templates by name over a table of functions.

    `interprets` is for what is most likely to succeed and can be done again where it does not: templates run sooner, since they are not
    compiled first, and every failure but a limit's is an `Unplaced`.

    `functions` may be replaced after a clone (`include` and `tpl` close over their environment) with `bind_functions`, before anything
    runs. `missing_key` is Go's option: a key that a map has not is its element type's zero value, no value, or an error. `name` is the
    name in `no template "x" associated with template "NAME"`. `limits` bounds one execution with everything it includes.
    """

    def __init__(
        self,
        functions: Mapping[str, Function],
        *,
        missing_key: MissingKey = "default",
        name: str = "gotpl",
        limits: Limits = STANDARD,
        delimiters: Delimiters = BRACES,
        interprets: bool = False,
    ) -> None:
        if overridden := [each for each in _OPERATORS if each in functions and functions[each] is not BUILTINS.get(each)]:
            raise ValueError(f"functions cannot replace the operators {', '.join(sorted(overridden))}")
        self.name = name
        self.missing_key = missing_key
        self.delimiters = delimiters
        self._functions = Layered(BUILTINS, functions)
        self._templates: dict[str, Template] = {}
        self._budget = Budget(limits)
        self._helpers = self._make_helpers()
        self._interprets = interprets and missing_key == "zero"
        self._calls: Calls | None = None
        self._dialect = self._choose_dialect()

    # Templates.

    def add(self, name: str, text: str) -> Template:
        """Parse `text` as template `name` and add what it defines; raise `ParseError`.

        Later definitions replace earlier ones, but an empty one (white space and comments) does not. The template returned has this
        text even then.
        """
        unit = units.unit(name, text, self._functions, self.delimiters)
        for body in unit.defined:
            self._define(Template(self, body.name, name, body))
        template = Template(self, name, name, unit.main)
        self._define(template)
        return template

    def _define(self, template: Template) -> None:
        if template.body.empty and template.name in self._templates:
            return
        self._templates[template.name] = template

    def lookup(self, name: str) -> Template | None:
        template = self._templates.get(name)
        if template is not None and template._environment is not self:
            template = self._templates[name] = template.moved(self)
        return template

    def names(self) -> list[str]:
        """The names of all templates in the order they were first added."""
        return list(self._templates)

    def clone(self) -> Environment:
        """An environment with the same templates, functions and budget; what is added to it is not seen here."""
        made = Environment.__new__(Environment)
        made.name = self.name
        made.missing_key = self.missing_key
        made.delimiters = self.delimiters
        made._functions = self._functions
        made._templates = self._templates.copy()
        made._budget = self._budget
        made._helpers = made._make_helpers()
        made._interprets = self._interprets
        made._calls = None
        made._dialect = self._dialect
        return made

    def bind_functions(self, functions: Mapping[str, Function]) -> None:
        """Add or replace functions; templates that ran before keep what they are linked to."""
        self._functions = Layered(self._functions, functions)
        self._calls = None
        self._dialect = self._choose_dialect()

    # Execution.

    def execute(self, name: str, data: Value) -> str:
        """What template `name` prints with `data` as dot; raise `TemplateError`."""
        template = self.lookup(name)
        if template is None:
            raise NoSuchTemplate(f"template: no template {quote(name)} associated with template {quote(self.name)}")
        return self.run(template, data)

    def run(self, template: Template, data: Value) -> str:
        """Like `execute`, for a template at hand (an empty text that replaced nothing is in no table)."""
        budget = self._budget
        if budget.output is not None:
            budget.settle(budget.output)
            return self._run(template, data, budget.output)
        budget.restart()
        stack.enter()
        try:
            return self._run(template, data, None)
        finally:
            stack.leave()

    def _run(self, template: Template, data: Value, outer: Output | None) -> str:
        budget = self._budget
        tracer = budget.tracer
        output = Output() if tracer is None else tracer.output()
        budget.output = output
        try:
            budget.spend(1, output)
            template.run(data, output.append, 0)
            budget.settle(output)
        except LimitExceeded:
            raise
        except (Fault, FunctionError, TemplateError, UnboundLocalError) as fault:
            if self._interprets:
                raise Unplaced from fault
            raise runtime.explain(fault) from fault
        except RecursionError as fault:
            if self._interprets:
                raise Unplaced from fault
            raise LimitExceeded("depth of templates or values", stack.FRAMES, "look for a template that includes itself") from fault
        finally:
            budget.output = outer
        if tracer is not None:
            budget.trace = tracer.finish(output, outer) or budget.trace
        return "".join(output)

    def trace(self, name: str, data: Value, *, root: str = "Values") -> Trace:
        """Like `execute`, with the origin of every piece; `root` is the field of `data` whose values are followed."""
        from pytest_helmsim.template.tracing import Tracer

        budget = self._budget
        tracer = Tracer(budget)
        tracer.know(data.get(root) if isinstance(data, dict) else None, f".{root}")
        budget.tracer, budget.trace = tracer, None
        try:
            self.execute(name, data)
        finally:
            budget.tracer = None
        trace: Trace | None = budget.trace
        budget.trace = None
        assert trace is not None, "an execution that ends without an error leaves its trace"
        return trace

    @property
    def tracer(self) -> Tracer | None:
        """The tracer of the running execution."""
        tracer: Tracer | None = self._budget.tracer
        return tracer

    # Linking.

    def interpreted(self, body: Body) -> Run | None:
        """The template for the interpreter; None where it is to be compiled."""
        program = body.program(self._dialect) if self._interprets else None
        if program is None:
            return None
        if self._calls is None:
            known: dict[str, Callable[..., Any]] = {EACH: self._budget.each, PAIRS: self._budget.pairs, TEMPLATES: self._template}
            self._calls = Calls(self._functions, known)
        return program.link(self._calls)

    def _choose_dialect(self) -> Dialect:
        return _STANDARD if self._interprets and self._functions.keeps(_COMMON) else _PLAIN

    def _make_helpers(self) -> dict[str, Callable[..., Any]]:
        return helpers(self.missing_key) | {
            "show": gofmt.show,
            "fail": runtime.fail,
            "each": self._budget.each,
            "pairs": self._budget.pairs,
            "template": self._template,
        }

    def _template(self, name: str, depth: int) -> Run:
        template = self.lookup(name)
        if template is None:
            raise Fault(f"template {quote(name)} not defined")
        budget = self._budget
        if depth >= budget.limits.depth:
            raise Fault(f"exceeded maximum template depth ({_GO_DEPTH})")
        assert budget.output is not None
        budget.spend(1, budget.output)
        return template.run

    def arity_errors(self, compiled: Compiled) -> dict[str, str]:
        """The calls whose number of arguments is wrong here, by their free variables."""
        return {
            name: wrong
            for name, binding in compiled.bindings.items()
            if not binding.method
            and (wrong := self._functions[binding.name].arity_error(count=len(binding.arguments), piped=binding.piped)) is not None
        }

    def resolver(self, compiled: Compiled) -> Callable[[str], object]:
        """What a free variable of compiled code stands for in this environment."""
        bindings, known = compiled.bindings, self._helpers
        if self.tracer is not None:
            known = known | self.tracer.helpers(self.missing_key)

        def resolve(name: str) -> object:
            binding = bindings.get(name)
            if binding is None:
                return known[name]
            if binding.method:
                return method_caller(binding, self.missing_key)
            return bind(self._functions[binding.name], binding)

        return resolve
