"""A parsed template to one Python function, `run(d0, w, depth)`, built as `ast`.

`d0` is dot, `w` appends a piece of output, `depth` counts templates within templates. Everything else that the code names is a free
variable: `field2`, `show` … are the runtime's, `c0`, `c1` … are calls of functions, bound to an environment when the template is
linked (`Binding` says to what). A line number in the code is an index into `Compiled.sites`, so that a traceback says which node of
the template failed and a template that does not fail pays nothing for it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pytest_helmsim.template import nodes
from pytest_helmsim.template.assembly import assemble
from pytest_helmsim.template.calls import (
    LONGEST_FIELDS,
    Argument,
    Binding,
    Compiled,
    Reached,
    Site,
    is_real,
    last_visited,
    may_fail,
    needs_order,
    overflow,
    tails_of,
    weight,
)
from pytest_helmsim.template.errors import LimitExceeded
from pytest_helmsim.template.nodes import Node
from pytest_helmsim.template.scope import Local, Scope

MAX_LOOPS: Final = 15
"""Nested `range`; Python allows 20 loops in one function."""

LOAD: Final = ast.Load()
STORE: Final = ast.Store()


def compile_body(name: str, body: list[Node]) -> Compiled:
    """Raise `LimitExceeded` for nesting that Python's compiler does not take."""
    compiler = _Compiler()
    try:
        statements = compiler.function(body)
        code = assemble(statements, compiler.free)
    except (RecursionError, MemoryError) as fault:
        raise LimitExceeded("nesting of a template", MAX_LOOPS, f"split {name!r} into several templates") from fault
    return Compiled(code, compiler.bindings, compiler.sites, compiler.reached)


@dataclass(slots=True)
class _Compiler:
    sites: list[Site] = field(default_factory=list)
    bindings: dict[str, Binding] = field(default_factory=dict)
    free: dict[str, None] = field(default_factory=dict)
    reached: Reached = field(default_factory=dict)
    scope: Scope = field(default_factory=Scope)
    dot: Local = field(default_factory=lambda: Local("d0"))
    line: int = 1
    outer: int = 0
    loops: int = 0
    _bound: dict[object, str] = field(default_factory=dict)

    # Small parts of the tree.

    def name(self, name: str) -> ast.Name:
        return ast.Name(id=name, ctx=LOAD, lineno=self.line, col_offset=0)

    def helper(self, name: str) -> ast.Name:
        self.free[name] = None
        return self.name(name)

    def constant(self, value: object) -> ast.Constant:
        return ast.Constant(value=value, lineno=self.line, col_offset=0)  # type: ignore[arg-type,unused-ignore]

    def call(self, function: ast.expr, args: list[ast.expr]) -> ast.Call:
        return ast.Call(func=function, args=args, keywords=[], lineno=self.line, col_offset=0)

    def statement(self, value: ast.expr) -> ast.Expr:
        return ast.Expr(value=value, lineno=self.line, col_offset=0)

    def assign(self, local: str, value: ast.expr) -> ast.Assign:
        target = ast.Name(id=local, ctx=STORE, lineno=self.line, col_offset=0)
        return ast.Assign(targets=[target], value=value, lineno=self.line, col_offset=0)

    def walrus(self, local: str, value: ast.expr) -> ast.NamedExpr:
        target = ast.Name(id=local, ctx=STORE, lineno=self.line, col_offset=0)
        return ast.NamedExpr(target=target, value=value, lineno=self.line, col_offset=0)

    def at(self, node: Node) -> None:
        """Blame what is built next on `node`."""
        self.sites.append(Site(node, outer=self.outer))
        self.line = len(self.sites)

    def fail(self, node: Node, message: str) -> ast.expr:
        self.at(node)
        return self.call(self.helper("fail"), [self.constant(message)])

    # Statements.

    def function(self, body: list[Node]) -> list[ast.stmt]:
        root = self.scope.declare("$")
        return [self.assign(root.name, self.name("d0")), *self.block(body)]

    def block(self, body: list[Node]) -> list[ast.stmt]:
        statements: list[ast.stmt] = []
        for node in body:
            statements += _STATEMENTS[type(node)](self, node)
        return statements or [ast.Pass(lineno=self.line, col_offset=0)]

    def text(self, node: nodes.Text) -> list[ast.stmt]:
        self.at(node)
        return [self.statement(self.call(self.name("w"), [self.constant(node.text)]))]

    def action(self, node: nodes.Action) -> list[ast.stmt]:
        if node.pipe.declared:
            return self.declare(node.pipe)
        value = self.pipe(node.pipe)
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            self.at(node)
            return [self.statement(self.call(self.name("w"), [value]))]
        self.at(node)
        return [self.statement(self.call(self.name("w"), [self.call(self.helper("show"), [value])]))]

    def declare(self, pipe: nodes.Pipe) -> list[ast.stmt]:
        value = self.commands(pipe)
        statements: list[ast.stmt] = []
        for variable in pipe.declared:
            local = self.target(pipe, variable)
            if local is None:
                undefined = self.fail(last_visited(pipe), f"undefined variable: {variable.names[0]}")
                return [*statements, self.statement(value), self.statement(undefined)]
            statements.append(self.assign(local, value))
            value = self.name(local)
        return statements

    def target(self, pipe: nodes.Pipe, variable: nodes.Variable) -> str | None:
        """The local that a declaration makes or an assignment reaches; None where there is nothing to assign to."""
        if not pipe.assigns:
            return self.scope.declare(variable.names[0]).name
        local = self.scope.lookup(variable.names[0])
        return local.name if local is not None else None

    def if_(self, node: nodes.If) -> list[ast.stmt]:
        mark = self.scope.mark()
        test = self.pipe(node.pipe)
        line = self.line
        inner = self.scope.mark()
        body = self.block(node.body)
        self.scope.pop(inner)
        otherwise = [] if node.otherwise is None else self.block(node.otherwise)
        self.scope.pop(mark)
        return [ast.If(test=test, body=body, orelse=otherwise, lineno=line, col_offset=0)]

    def with_(self, node: nodes.With) -> list[ast.stmt]:
        mark = self.scope.mark()
        dot = self.scope.new_local("d")
        first = self.assign(dot.name, self.pipe(node.pipe))
        test = self.name(dot.name)
        line = self.line
        inner, outer_dot = self.scope.mark(), self.dot
        self.dot = dot
        body = self.block(node.body)
        self.dot = outer_dot
        self.scope.pop(inner)
        otherwise = [] if node.otherwise is None else self.block(node.otherwise)
        self.scope.pop(mark)
        return [first, ast.If(test=test, body=body, orelse=otherwise, lineno=line, col_offset=0)]

    def range_(self, node: nodes.Range) -> list[ast.stmt]:
        if self.loops >= MAX_LOOPS:
            raise LimitExceeded("nested range", MAX_LOOPS, "move the inner loops into a template of their own")
        mark = self.scope.mark()
        pipe = node.pipe
        items = self.scope.new_local("i").name
        if not pipe.assigns:
            value = self.commands(pipe)
            statements: list[ast.stmt] = []
            for variable in pipe.declared:
                local = self.scope.declare(variable.names[0], element=variable is pipe.declared[-1], items=items).name
                statements.append(self.assign(local, value))
                value = self.name(local)
        else:
            statements = self.declare(pipe)
            assigned = self.scope.lookup(pipe.declared[-1].names[0])
            if assigned is None:
                self.scope.pop(mark)
                return statements
            value = self.name(assigned.name)
        self.at(last_visited(pipe))
        pairs = len(pipe.declared) > 1
        steps = self.constant(weight(node.body))
        call = self.call(self.helper("pairs" if pairs else "each"), [value, steps, self.name("w")])
        statements.append(self.assign(items, call))
        line = self.line
        loop = self.loop(node, items, pairs=pairs)
        self.line = line
        if node.otherwise is None:
            self.scope.pop(mark)
            return [*statements, loop]
        inner = self.scope.mark()
        otherwise = self.block(node.otherwise)
        self.scope.pop(inner)
        self.scope.pop(mark)
        return [*statements, ast.If(test=self.name(items), body=[loop], orelse=otherwise, lineno=line, col_offset=0)]

    def loop(self, node: nodes.Range, items: str, *, pairs: bool) -> ast.For:
        line = self.line
        dot = self.scope.new_local("d", element=True, items=items)
        locals_ = [self.scope.lookup(variable.names[0]) for variable in node.pipe.declared]
        names = [local.name for local in locals_ if local is not None]
        target: ast.expr = ast.Name(id=dot.name, ctx=STORE, lineno=line, col_offset=0)
        body: list[ast.stmt] = []
        if pairs:
            key = ast.Name(id=names[0], ctx=STORE, lineno=line, col_offset=0)
            target = ast.Tuple(elts=[key, target], ctx=STORE, lineno=line, col_offset=0)
        if names:
            body.append(self.assign(names[-1], self.name(dot.name)))
        outer_dot, inner = self.dot, self.scope.mark()
        self.dot = dot
        self.loops += 1
        body += self.block(node.body)
        self.loops -= 1
        self.dot = outer_dot
        self.scope.pop(inner)
        self.line = line
        return ast.For(target=target, iter=self.name(items), body=body, orelse=[], lineno=line, col_offset=0)

    def template(self, node: nodes.Template) -> list[ast.stmt]:
        self.at(node)
        line = self.line
        found = self.call(self.helper("template"), [self.constant(node.name), self.name("depth")])
        dot = self.constant(None) if node.pipe is None else self.pipe(node.pipe)
        self.line = line
        deeper = ast.BinOp(left=self.name("depth"), op=ast.Add(), right=self.constant(1), lineno=line, col_offset=0)
        return [self.statement(self.call(found, [dot, self.name("w"), deeper]))]

    def break_(self, node: nodes.Break) -> list[ast.stmt]:
        return [ast.Break(lineno=self.line, col_offset=0)]

    def continue_(self, node: nodes.Continue) -> list[ast.stmt]:
        return [ast.Continue(lineno=self.line, col_offset=0)]

    # Expressions.

    def pipe(self, pipe: nodes.Pipe) -> ast.expr:
        """A pipeline as a value; declarations inside parentheses become assignment expressions."""
        value = self.commands(pipe)
        for variable in pipe.declared:
            local = self.target(pipe, variable)
            if local is None:
                undefined = self.fail(last_visited(pipe), f"undefined variable: {variable.names[0]}")
                return ast.BoolOp(op=ast.And(), values=[self.ordered(value), undefined], lineno=self.line, col_offset=0)
            value = self.walrus(local, value)
        return value

    def ordered(self, value: ast.expr) -> ast.expr:
        """A true value, made after `value` is evaluated."""
        return ast.Tuple(elts=[value], ctx=LOAD, lineno=self.line, col_offset=0)

    def commands(self, pipe: nodes.Pipe) -> ast.expr:
        value: ast.expr | None = None
        before: Node = pipe
        for command in pipe.commands:
            if value is None or not needs_order(command):
                value = self.command(command, value, before)
            else:
                kept = self.scope.new_local("t").name
                first = self.ordered(self.walrus(kept, value))
                value = self.command(command, self.name(kept), before)
                value = ast.IfExp(test=first, body=value, orelse=self.constant(None), lineno=self.line, col_offset=0)
            before = last_visited(command)
        assert value is not None
        return value

    def command(self, command: nodes.Command, final: ast.expr | None, before: Node) -> ast.expr:
        """`before` is the node visited last."""
        first = command.args[0]
        if isinstance(first, nodes.Identifier):
            return self.function_call(first, command, command.args[1:], final)
        has_arguments = len(command.args) > 1 or final is not None
        if isinstance(first, nodes.Field | nodes.Chain | nodes.Variable):
            if not has_arguments:
                return self.operand(first)
            if not isinstance(first, nodes.Variable) or len(first.names) > 1:
                return self.method_call(first, command.args[1:], final)
        if has_arguments and final is not None:
            refusal = self.fail(before if isinstance(first, nodes.Pipe) else first, f"can't give argument to non-function {first}")
            return ast.BoolOp(op=ast.And(), values=[self.ordered(final), refusal], lineno=self.line, col_offset=0)
        if has_arguments:
            return self.fail(before if isinstance(first, nodes.Pipe) else first, f"can't give argument to non-function {first}")
        if isinstance(first, nodes.Nil):
            return self.fail(first, "nil is not a command")
        return self.operand(first)

    def operand(self, node: Node) -> ast.expr:
        """A node's value where no type is asked for."""
        if isinstance(node, nodes.Field):
            return self.fields(self.name(self.dot.name), node.names, node, element=self.dot.element, items=self.dot.items)
        if isinstance(node, nodes.Variable):
            local = self.scope.lookup(node.names[0])
            if local is None:
                return self.fail(node, f"undefined variable: {node.names[0]}")
            self.at(node)
            value = self.name(local.name)
            if len(node.names) == 1:
                return value
            return self.fields(value, node.names[1:], node, element=local.element, items=local.items)
        if isinstance(node, nodes.String):
            return self.constant(node.value)
        if isinstance(node, nodes.Dot):
            return self.name(self.dot.name)
        if isinstance(node, nodes.Pipe):
            return self.pipe(node)
        if isinstance(node, nodes.Bool):
            return self.constant(node.value)
        if isinstance(node, nodes.Number):
            return self.number(node)
        if isinstance(node, nodes.Chain):
            interface = isinstance(node.node, nodes.Identifier)
            return self.fields(self.operand(node.node), node.names, last_visited(node), element=interface)
        if isinstance(node, nodes.Identifier):
            return self.function_call(node, node, [], None)
        assert isinstance(node, nodes.Nil)
        return self.constant(None)

    def number(self, node: nodes.Number) -> ast.expr:
        """A literal where its syntax alone says its type."""
        if node.complex_ is not None:
            return self.constant(node.complex_)
        if node.float_ is not None and is_real(node):
            return self.constant(node.float_)
        if node.integer is not None:
            return self.constant(node.integer)
        return self.fail(node, overflow(node))

    def fields(self, value: ast.expr, names: list[str], blamed: Node, *, element: bool, items: str = "") -> ast.expr:
        self.sites.append(Site(blamed, outer=self.outer, items=items))
        self.line = len(self.sites)
        prefix = "element" if element else "field"
        if len(names) <= LONGEST_FIELDS:
            return self.call(self.helper(f"{prefix}{len(names)}"), [value, *map(self.constant, names)])
        return self.call(self.helper(f"{prefix}s"), [value, self.constant(tuple(names))])

    def function_call(self, head: nodes.Identifier, node: Node, args: list[Node], final: ast.expr | None) -> ast.expr:
        name = head.name
        count = len(args) + (final is not None)
        if (name in ("and", "or") and count) or (name == "not" and count == 1):
            values = [self.operand(arg) for arg in args]
            if name != "not" and len(args) > 1:
                values = self.counted(values, args)
            values += [final] if final is not None else []
            if name == "not":
                return ast.UnaryOp(op=ast.Not(), operand=values[0], lineno=self.line, col_offset=0)
            operator: ast.boolop = ast.And() if name == "and" else ast.Or()
            return values[0] if count == 1 else ast.BoolOp(op=operator, values=values, lineno=self.line, col_offset=0)
        self.at(node)
        line = self.line
        values, arguments = self.values(args, final, line)
        call = Binding(name, arguments, piped=final is not None)
        binding = self.bound(call)
        self.sites[line - 1] = Site(node, name, head, tails_of(args, final, head), self.outer, binding)
        self.line = line
        if name != "call":
            self.check_early(values, args, call)
        if name == "call":
            values.insert(0, self.constant(str(args[0]) if args else None))
        return self.call(self.helper(binding), values)

    def counted(self, values: list[ast.expr], args: list[Node]) -> list[ast.expr]:
        """Operands of `and` and `or` that leave in a local which of them was evaluated last: on that one Go's executor stands then."""
        reached = self.scope.new_local("o").name
        leaf = last_visited(args[-1])
        self.reached.setdefault(id(leaf), []).insert(0, (reached, tuple(map(last_visited, args))))
        return [self.after(self.walrus(reached, self.constant(index)), value) for index, value in enumerate(values)]

    def after(self, first: ast.expr, value: ast.expr) -> ast.expr:
        pair = ast.Tuple(elts=[first, value], ctx=LOAD, lineno=self.line, col_offset=0)
        return ast.Subscript(value=pair, slice=self.constant(1), ctx=LOAD, lineno=self.line, col_offset=0)

    def check_early(self, values: list[ast.expr], args: list[Node], call: Binding) -> None:
        """Go checks an argument before it evaluates the next: where that may fail, an error of the first comes first."""
        bases = values[-1].elts[:] if any(each.based for each in call.arguments) and isinstance(values[-1], ast.Tuple) else []
        for index in range(len(args) - 1):
            given = [values[index], *([bases.pop(0)] if call.arguments[index].based else [])]
            if any(map(may_fail, args[index + 1 :])):
                check = self.bound(replace(call, early=index))
                values[index] = self.call(self.helper(check), given)

    def values(self, args: list[Node], final: ast.expr | None, line: int) -> tuple[list[ast.expr], tuple[Argument, ...]]:
        """What to pass to the call at a line, and how it is written; a literal too large for an int is checked by the call's binding."""
        outer, self.outer = self.outer, line
        values: list[ast.expr] = []
        arguments: list[Argument] = []
        bases: list[ast.expr] = []
        for arg in args:
            argument = self.argument(arg)
            arguments.append(argument)
            if isinstance(arg, nodes.Number) and overflow(arg):
                values.append(self.constant(arg.unsigned))
            elif argument.based and isinstance(arg, nodes.Chain):
                base = self.scope.new_local("t").name
                value = self.walrus(base, self.operand(arg.node))
                values.append(self.fields(value, arg.names, last_visited(arg), element=False))
                bases.append(self.name(base))
            else:
                values.append(self.operand(arg))
                if argument.based and isinstance(arg, nodes.Field):
                    bases.append(self.name(self.dot.name))
                elif argument.based and isinstance(arg, nodes.Variable) and (local := self.scope.lookup(arg.names[0])) is not None:
                    bases.append(self.name(local.name))
        self.outer = outer
        if final is not None:
            values.append(final)
            arguments.append(Argument())
        if bases:
            values.append(ast.Tuple(elts=bases, ctx=LOAD, lineno=self.line, col_offset=0))
        return values, tuple(arguments)

    def method_call(self, node: nodes.Field | nodes.Chain | nodes.Variable, args: list[Node], final: ast.expr | None) -> ast.expr:
        """`.a.Method x`: the last field gets the arguments."""
        receiver: ast.expr
        names = node.names
        element = isinstance(node, nodes.Chain) and isinstance(node.node, nodes.Identifier)
        if isinstance(node, nodes.Field):
            receiver, element = self.name(self.dot.name), self.dot.element
        elif isinstance(node, nodes.Chain):
            receiver = self.operand(node.node)
        else:
            local = self.scope.lookup(names[0])
            if local is None:
                return self.fail(node, f"undefined variable: {names[0]}")
            receiver, element, names = self.name(local.name), local.element, names[1:]
        blamed = last_visited(node)
        if len(names) > 1:
            receiver = self.fields(receiver, names[:-1], blamed, element=element)
            element = True
        self.at(node)
        line = self.line
        self.sites[line - 1] = Site(node, names[-1], blamed, tails_of(args, final, node), self.outer)
        found = self.name("")
        method = self.call(found, [receiver])
        values, arguments = self.values(args, final, 0)
        found.id = self.bound(Binding(names[-1], arguments, piped=final is not None, method=True, interface=element))
        self.free[found.id] = None
        self.line = line
        return self.call(method, values)

    def argument(self, arg: Node) -> Argument:
        if isinstance(arg, nodes.Chain) and isinstance(arg.node, nodes.Pipe):
            return _BASED
        if isinstance(arg, nodes.Field):
            return _INTERFACE if self.dot.element else _BASED
        if isinstance(arg, nodes.Chain | nodes.Identifier):
            return _INTERFACE
        if isinstance(arg, nodes.Variable):
            local = self.scope.lookup(arg.names[0])
            if local is None or local.element:
                return _INTERFACE
            if len(arg.names) == 1:
                return _INVALID
            return _BASED
        if isinstance(arg, nodes.Dot):
            return _INTERFACE if self.dot.element else _INVALID
        if isinstance(arg, nodes.Pipe):
            return _INVALID
        return Argument(arg)

    def bound(self, binding: Binding) -> str:
        """The free variable that stands for a call; the same for calls that need the same checks."""
        name = self._bound.get(binding.key)
        if name is None:
            name = self._bound[binding.key] = f"c{len(self.bindings)}"
            self.bindings[name] = binding
        return name


_INTERFACE = Argument(interface=True)
_INVALID = Argument()
_BASED = Argument(interface=True, based=True)

_STATEMENTS: dict[type[Node], Callable[[_Compiler, Any], list[ast.stmt]]] = {
    nodes.Text: _Compiler.text,
    nodes.Action: _Compiler.action,
    nodes.If: _Compiler.if_,
    nodes.With: _Compiler.with_,
    nodes.Range: _Compiler.range_,
    nodes.Template: _Compiler.template,
    nodes.Break: _Compiler.break_,
    nodes.Continue: _Compiler.continue_,
}
