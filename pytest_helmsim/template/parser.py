"""Tokens to trees.

    file      = { text | define | item }
    define    = "{{define STRING}}" items "{{end}}"
    item      = text | action | if | with | range | template | block | break | continue
    if        = "{{if PIPE}}" items [ "{{else}}" items | "{{else if PIPE}}" … ] "{{end}}"      (`with` and `range` alike)
    pipe      = [ VARIABLE [ "," VARIABLE ] ( ":=" | "=" ) ] command { "|" command }
    command   = operand { SPACE operand }
    operand   = term { FIELD }
    term      = literal | IDENTIFIER | "." | FIELD | VARIABLE | "nil" | "(" pipe ")"

An error names the line of the last token that was looked at, as in Go. Go: text/template/parse/parse.go.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from pytest_helmsim.template import lexer, nodes, numbers
from pytest_helmsim.template.errors import ParseError
from pytest_helmsim.template.lexer import BRACES, Delimiters, Token
from pytest_helmsim.template.quoting import quote, unquote

MAX_NESTING = 150
"""Nested parentheses and blocks; Go allows 10000, charts use fewer than ten."""

_OPERANDS = frozenset(
    {
        lexer.BOOL, lexer.CHAR_CONSTANT, lexer.COMPLEX, lexer.DOT, lexer.FIELD, lexer.IDENTIFIER, lexer.NUMBER, lexer.NIL,
        lexer.RAW_STRING, lexer.STRING, lexer.VARIABLE, lexer.LEFT_PAREN,
    }
)  # fmt: skip
_LITERALS = (nodes.Bool, nodes.Dot, nodes.Nil, nodes.Number, nodes.String)


@dataclass(slots=True)
class Definition:
    """A named template: the nodes of its body."""

    name: str
    body: list[nodes.Node]


@dataclass(frozen=True, slots=True)
class Parsed:
    """One text: its own body (`main`), the templates it defines, the functions it names."""

    main: list[nodes.Node]
    definitions: tuple[Definition, ...]
    functions: frozenset[str]


def parse(name: str, text: str, functions: Container[str], *, delimiters: Delimiters = BRACES) -> Parsed:
    """Raise `ParseError` for the first fault; `name` is for its message only (and for a `define` of the same name)."""
    return _Parser(name, text, functions, delimiters).parse()


class _Parser:
    def __init__(self, name: str, text: str, functions: Container[str], delimiters: Delimiters) -> None:
        self.name = name
        self.text = text
        self.functions = functions
        self.tokens = lexer.tokenize(text, delimiters)
        self.index = 0
        self.seen = 0
        self.action_start: int | None = None
        self.nesting = 0
        self.variables = ["$"]
        self.range_depth = 0
        self.used: set[str] = set()
        self.trees: dict[str, list[nodes.Node]] = {}

    # Tokens. `seen` is the furthest index read; an ERROR or EOF token is never passed.

    def next(self) -> Token:
        index = self.index
        if index >= len(self.tokens):
            index = len(self.tokens) - 1
        self.index = index + 1
        if index > self.seen:
            self.seen = index
        return self.tokens[index]

    def peek(self) -> Token:
        token = self.next()
        self.index -= 1
        return token

    def next_solid(self) -> Token:
        token = self.next()
        return self.next() if token[0] == lexer.SPACE else token

    def peek_solid(self) -> Token:
        token = self.next()
        if token[0] == lexer.SPACE:
            token = self.next()
        self.index -= 1
        return token

    def expect(self, kind: int, context: str) -> Token:
        token = self.next_solid()
        if token[0] != kind:
            raise self.unexpected(token, context)
        return token

    # Errors.

    def line(self, position: int) -> int:
        return 1 + self.text.count("\n", 0, position)

    def error(self, reason: str, *, seen: int | None = None) -> ParseError:
        return ParseError(self.name, self.line(self.tokens[self.seen if seen is None else seen][1]), reason)

    def unexpected(self, token: Token, context: str) -> ParseError:
        if token[0] != lexer.ERROR:
            return self.error(f"unexpected {lexer.show(token)} in {context}")
        extra = ""
        if self.action_start is not None and self.line(self.action_start) != self.line(token[1]):
            extra = f" started at {self.name}:{self.line(self.action_start)}"
            if not token[2].endswith(" action"):
                extra = " in action" + extra
        return self.error(token[2] + extra)

    # Grammar.

    def parse(self) -> Parsed:
        main: list[nodes.Node] = []
        while True:
            token = self.peek()
            if token[0] == lexer.EOF:
                break
            if token[0] == lexer.LEFT_DELIM:
                start = self.index
                self.next()
                if self.next_solid()[0] == lexer.DEFINE:
                    self.definition()
                    continue
                self.index = start
            node = self.item()
            if isinstance(node, nodes.End | nodes.Else):
                raise self.error(f"unexpected {node}")
            main.append(node)
        self.add(self.name, main)
        definitions = tuple(Definition(name, body) for name, body in self.trees.items() if body is not main)
        return Parsed(self.trees[self.name], definitions, frozenset(self.used))

    def add(self, name: str, body: list[nodes.Node]) -> None:
        """An empty definition gives way to another; two that are not empty clash."""
        known = self.trees.get(name)
        if known is None or nodes.is_empty(known):
            self.trees[name] = body
        elif not nodes.is_empty(body):
            raise self.error(f"template: multiple definition of template {quote(name)}")

    def definition(self) -> None:
        context = "define clause"
        outer = (self.variables, self.range_depth, self.action_start)
        self.variables, self.range_depth, self.action_start = ["$"], 0, None
        token = self.next_solid()
        if token[0] not in (lexer.STRING, lexer.RAW_STRING):
            raise self.unexpected(token, context)
        name = self.unquote(token)
        self.expect(lexer.RIGHT_DELIM, context)
        body, end = self.items()
        if not isinstance(end, nodes.End):
            raise self.error(f"unexpected {end} in {context}")
        self.add(name, body)
        self.variables, self.range_depth, self.action_start = outer

    def items(self) -> tuple[list[nodes.Node], nodes.Node]:
        """Up to an end or else, which is given beside the list."""
        body: list[nodes.Node] = []
        while self.peek_solid()[0] != lexer.EOF:
            node = self.item()
            if isinstance(node, nodes.End | nodes.Else):
                return body, node
            body.append(node)
        raise self.error("unexpected EOF")

    def item(self) -> nodes.Node:
        token = self.next_solid()
        if token[0] == lexer.TEXT:
            return nodes.Text(token[1], token[2])
        if token[0] != lexer.LEFT_DELIM:
            raise self.unexpected(token, "input")
        self.action_start = token[1]
        node = self.action()
        self.action_start = None
        return node

    def action(self) -> nodes.Node:
        token = self.next_solid()
        kind = token[0]
        if kind == lexer.IF:
            return self.branch(nodes.If, "if")
        if kind == lexer.END:
            return nodes.End(self.expect(lexer.RIGHT_DELIM, "end")[1])
        if kind == lexer.ELSE:
            following = self.peek_solid()
            if following[0] in (lexer.IF, lexer.WITH):
                return nodes.Else(following[1])
            return nodes.Else(self.expect(lexer.RIGHT_DELIM, "else")[1])
        if kind == lexer.WITH:
            return self.branch(nodes.With, "with")
        if kind == lexer.RANGE:
            return self.branch(nodes.Range, "range")
        if kind == lexer.TEMPLATE:
            return self.template()
        if kind == lexer.BLOCK:
            return self.block()
        if kind == lexer.BREAK and "break" not in self.functions:
            return self.leave(nodes.Break(token[1]))
        if kind == lexer.CONTINUE and "continue" not in self.functions:
            return self.leave(nodes.Continue(token[1]))
        self.index -= 1
        return nodes.Action(token[1], self.pipeline("command", lexer.RIGHT_DELIM))

    def leave(self, node: nodes.Node) -> nodes.Node:
        token = self.next_solid()
        if token[0] != lexer.RIGHT_DELIM:
            raise self.unexpected(token, str(node))
        if self.range_depth == 0:
            raise self.error(f"{node} outside {{{{range}}}}")
        return node

    def branch(self, kind: type[nodes.Branch], context: str) -> nodes.Branch:
        outer = len(self.variables)
        self.enter()
        pipe = self.pipeline(context, lexer.RIGHT_DELIM)
        self.range_depth += kind is nodes.Range
        body, end = self.items()
        self.range_depth -= kind is nodes.Range
        otherwise: list[nodes.Node] | None = None
        if isinstance(end, nodes.Else):
            following = self.peek()
            if (kind is nodes.If and following[0] == lexer.IF) or (kind is nodes.With and following[0] == lexer.WITH):
                self.next()
                otherwise = [self.branch(kind, context)]
            else:
                otherwise, end = self.items()
                if not isinstance(end, nodes.End):
                    raise self.error(f"expected end; found {end}")
        del self.variables[outer:]
        self.nesting -= 1
        return kind(pipe.position, pipe, body, otherwise)

    def enter(self) -> None:
        if self.nesting >= MAX_NESTING:
            raise self.error("max expression depth exceeded")
        self.nesting += 1

    def template(self) -> nodes.Node:
        context = "template clause"
        token = self.next_solid()
        name = self.template_name(token, context)
        pipe = None
        if self.next_solid()[0] != lexer.RIGHT_DELIM:
            self.index -= 1
            pipe = self.pipeline(context, lexer.RIGHT_DELIM)
        return nodes.Template(token[1], name, pipe)

    def block(self) -> nodes.Node:
        context = "block clause"
        token = self.next_solid()
        name = self.template_name(token, context)
        pipe = self.pipeline(context, lexer.RIGHT_DELIM)
        seen = self.seen
        outer = (self.variables, self.range_depth, self.action_start)
        self.variables, self.range_depth, self.action_start = ["$"], 0, None
        self.enter()
        body, end = self.items()
        self.nesting -= 1
        if not isinstance(end, nodes.End):
            raise self.error(f"unexpected {end} in {context}", seen=seen)
        self.add(name, body)
        self.variables, self.range_depth, self.action_start = outer
        return nodes.Template(token[1], name, pipe)

    def template_name(self, token: Token, context: str) -> str:
        if token[0] not in (lexer.STRING, lexer.RAW_STRING):
            raise self.unexpected(token, context)
        return self.unquote(token)

    def unquote(self, token: Token) -> str:
        try:
            return unquote(token[2])
        except ValueError as fault:
            raise self.error(str(fault)) from fault

    def pipeline(self, context: str, end: int) -> nodes.Pipe:
        pipe = nodes.Pipe(self.peek_solid()[1])
        self.declarations(pipe, context)
        while True:
            token = self.next_solid()
            if token[0] == end:
                break
            if token[0] not in _OPERANDS and not self.is_function(token):
                raise self.unexpected(token, context)
            self.index -= 1
            pipe.commands.append(self.command())
        if not pipe.commands:
            raise self.error(f"missing value for {context}")
        for stage, command in enumerate(pipe.commands[1:], 2):
            if isinstance(command.args[0], _LITERALS):
                raise self.error(f"non executable command in pipeline stage {stage}")
        return pipe

    def is_function(self, token: Token) -> bool:
        """`break` and `continue` are names where functions are called so."""
        return token[0] in (lexer.BREAK, lexer.CONTINUE) and token[2] in self.functions

    def declarations(self, pipe: nodes.Pipe, context: str) -> None:
        while True:
            start = self.index
            token = self.peek_solid()
            if token[0] != lexer.VARIABLE:
                return
            start = self.index
            self.next()
            self.peek()
            following = self.peek_solid()
            if following[0] in (lexer.ASSIGN, lexer.DECLARE):
                pipe.assigns = following[0] == lexer.ASSIGN
                self.next_solid()
                self.declare(pipe, token)
                return
            if following[0] == lexer.CHAR and following[2] == ",":
                self.next_solid()
                self.declare(pipe, token)
                if context == "range" and len(pipe.declared) < 2:
                    if self.peek_solid()[0] not in (lexer.VARIABLE, lexer.RIGHT_DELIM, lexer.RIGHT_PAREN):
                        raise self.error("range can only initialize variables")
                    continue
                raise self.error(f"too many declarations in {context}")
            self.index = start
            return

    def declare(self, pipe: nodes.Pipe, token: Token) -> None:
        pipe.declared.append(nodes.Variable(token[1], token[2].split(".")))
        self.variables.append(token[2])

    def command(self) -> nodes.Command:
        command = nodes.Command(self.peek_solid()[1])
        while True:
            self.peek_solid()
            operand = self.operand()
            if operand is not None:
                command.args.append(operand)
            token = self.next()
            if token[0] == lexer.SPACE:
                continue
            if token[0] in (lexer.RIGHT_DELIM, lexer.RIGHT_PAREN):
                self.index -= 1
            elif token[0] != lexer.PIPE:
                raise self.unexpected(token, "operand")
            break
        if not command.args:
            raise self.error("empty command")
        return command

    def operand(self) -> nodes.Node | None:
        node = self.term()
        if node is None:
            return None
        token = self.peek()
        if token[0] != lexer.FIELD:
            return node
        position = token[1]
        names: list[str] = []
        while self.peek()[0] == lexer.FIELD:
            names.append(self.next()[2][1:])
        if isinstance(node, nodes.Field | nodes.Variable):
            return type(node)(position, node.names + names)
        if isinstance(node, _LITERALS):
            raise self.error(f"unexpected . after term {quote(str(node))}")
        return nodes.Chain(position, node, names)

    def term(self) -> nodes.Node | None:
        token = self.next_solid()
        kind, position, value = token
        if kind == lexer.FIELD:
            return nodes.Field(position, [value[1:]])
        if kind == lexer.IDENTIFIER or self.is_function(token):
            if value not in self.functions:
                raise self.error(f"function {quote(value)} not defined")
            self.used.add(value)
            return nodes.Identifier(position, value)
        if kind == lexer.STRING or kind == lexer.RAW_STRING:
            return nodes.String(position, value, self.unquote(token))
        if kind == lexer.DOT:
            return nodes.Dot(position)
        if kind == lexer.VARIABLE:
            if value not in self.variables:
                raise self.error(f"undefined variable {quote(value)}")
            return nodes.Variable(position, [value])
        if kind == lexer.LEFT_PAREN:
            self.enter()
            pipe = self.pipeline("parenthesized pipeline", lexer.RIGHT_PAREN)
            self.nesting -= 1
            return pipe
        if kind == lexer.BOOL:
            return nodes.Bool(position, value == "true")
        if kind == lexer.NIL:
            return nodes.Nil(position)
        if kind in (lexer.NUMBER, lexer.CHAR_CONSTANT, lexer.COMPLEX):
            try:
                if kind == lexer.NUMBER:
                    return numbers.parse_number(position, value)
                return (numbers.parse_char if kind == lexer.CHAR_CONSTANT else numbers.parse_complex)(position, value)
            except ValueError as fault:
                raise self.error(str(fault)) from fault
        self.index -= 1
        return None
