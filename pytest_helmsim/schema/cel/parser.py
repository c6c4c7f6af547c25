"""Expressions to trees, with macros expanded; a text that is none gives the complaints of the real parser.

    expr   = or ["?" or ":" expr]           or  = and {"||" and}          and = rel {"&&" rel}
    rel    = sum {("<"|"<="|">"|">="|"=="|"!="|"in") sum}                 sum = term {("+"|"-") term}
    term   = unary {("*"|"/"|"%") unary}    unary = {"!"} member | {"-"} member
    member = primary {"." ["?"] name | "." name "(" args ")" | "[" ["?"] expr "]"}
    primary = ["."] name ["(" args ")"] | literal | "(" expr ")" | "[" items "]" | "{" pairs "}" | ["."] names "{" fields "}"

Source: github.com/google/cel-go parser/parser.go.
"""

from __future__ import annotations

import re
from functools import lru_cache

from pytest_helmsim.schema.cel import macros, recovery
from pytest_helmsim.schema.cel.lexer import Token, scan
from pytest_helmsim.schema.cel.nodes import NOWHERE, Issues, Node

MAX_LENGTH = 100_000
MAX_DEPTH = 250
MAX_NESTED = 60
_BINARY = {
    **dict.fromkeys(("<", "<=", ">=", ">", "==", "!=", "in"), 1),
    **dict.fromkeys(("+", "-"), 2),
    **dict.fromkeys(("*", "/", "%"), 3),
}
OPERATORS = {"in": "@in", **{sign: f"_{sign}_" for sign in _BINARY if sign != "in"}, "&&": "_&&_", "||": "_||_"}
"""Names of the functions behind operators."""
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_ESCAPE = re.compile(rb"\\(?:[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|(.))", re.DOTALL)


class CelSyntaxError(ValueError):
    """A text that is no expression; says what the real parser says."""


class _Unexpected(Exception):
    """The fast reader does not know how to go on."""


class _TooDeep(Exception):
    """More levels than the real parser reads."""


@lru_cache(maxsize=2048)
def parse(text: str) -> Node:
    """The tree of an expression; raise `CelSyntaxError`."""
    issues = Issues(text)
    tree = read(text, issues)
    if issues or tree is None:
        raise CelSyntaxError(str(issues))
    return tree


def read(text: str, issues: Issues) -> Node | None:
    """The tree of a text, or None when the text cannot be read; complaints are added to the issues."""
    if len(text) > MAX_LENGTH:
        issues.report(NOWHERE, f"expression code point size exceeds limit: size: {len(text)}, limit {MAX_LENGTH}")
        return None
    tokens = scan(text, issues)
    reader = _Reader(tokens, issues)
    try:
        tree = reader.expression()
        if reader.kind != "EOF":
            raise _Unexpected
    except _TooDeep:
        issues.found.clear()
        issues.report(NOWHERE, f"expression recursion limit exceeded: {MAX_DEPTH}")
        return None
    except _Unexpected:
        del issues.found[reader.lexical :]
        recovery.explain(tokens, issues)
        return None
    return tree


class _Reader:
    def __init__(self, tokens: list[Token], issues: Issues) -> None:
        self._tokens = tokens
        self._at = 0
        self._issues = issues
        self._nested = 0
        self.lexical = len(issues.found)
        self.kind = tokens[0].kind

    def _next(self) -> Token:
        token = self._tokens[self._at]
        self._at += 1
        self.kind = self._tokens[self._at].kind if self._at < len(self._tokens) else "EOF"
        return token

    def _expect(self, kind: str) -> Token:
        if self.kind != kind:
            raise _Unexpected
        return self._next()

    def _take(self, kind: str) -> Token | None:
        return self._next() if self.kind == kind else None

    def _broken(self, at: int, message: str) -> Node:
        self._issues.report(at, message)
        return Node("broken", at)

    def expression(self) -> Node:
        self._nested += 1
        if self._nested > MAX_NESTED:
            raise _TooDeep
        tree = self._logical("||")
        mark = self._take("?")
        if mark is not None:
            yes = self._logical("||")
            self._expect(":")
            tree = Node("call", mark.at, "_?_:_", (tree, yes, self.expression()))
        self._nested -= 1
        return tree

    def _logical(self, sign: str) -> Node:
        terms = [self._logical("&&") if sign == "||" else self._binary(1)]
        signs: list[Token] = []
        while self.kind == sign:
            signs.append(self._next())
            terms.append(self._logical("&&") if sign == "||" else self._binary(1))
        return terms[0] if not signs else _balanced(OPERATORS[sign], signs, terms, 0, len(signs) - 1)

    def _binary(self, level: int) -> Node:
        tree = self._unary()
        chain = 1
        while (found := _BINARY.get(self.kind, 0)) >= level:
            chain += 1
            if chain > MAX_DEPTH:
                raise _TooDeep
            sign = self._next()
            right = self._binary(found + 1)
            tree = Node("call", sign.at, OPERATORS[sign.text], (tree, right))
        return tree

    def _unary(self) -> Node:
        if self.kind not in ("!", "-"):
            return self._member(None)
        first = self._next()
        count = 1
        while self.kind == first.kind:
            self._next()
            count += 1
        if first.kind == "-" and count == 1 and self.kind in ("NUM_INT", "NUM_FLOAT"):
            return self._member(first)
        tree = self._member(None)
        if count % 2 == 0:
            return tree
        return Node("call", first.at, "!_" if first.kind == "!" else "-_", (tree,))

    def _member(self, sign: Token | None) -> Node:
        tree = self._primary(sign)
        for _ in range(MAX_DEPTH):
            dot = self._take(".")
            if dot is not None:
                tree = self._select(dot, tree)
            elif self.kind == "[":
                opening = self._next()
                name = "_[?_]" if self._take("?") else "_[_]"
                tree = Node("call", opening.at, name, (tree, self.expression()))
                self._expect("]")
            else:
                return tree
        raise _TooDeep

    def _select(self, dot: Token, holder: Node) -> Node:
        optional = self._take("?")
        if self.kind not in ("IDENTIFIER", "ESC_IDENTIFIER"):
            raise _Unexpected
        name = self._next()
        if name.kind == "ESC_IDENTIFIER":
            self._issues.report(name.at, "unsupported syntax: '`'")
        if optional is not None:
            return Node("call", dot.at, "_?._", (holder, Node("literal", name.at, value=name.text)))
        opening = self._take("(") if name.kind == "IDENTIFIER" else None
        if opening is None:
            return Node("select", dot.at, name.text, (holder,))
        return self._macro(opening.at, name.text, holder, self._arguments(")"))

    def _macro(self, at: int, name: str, holder: Node | None, arguments: tuple[Node, ...]) -> Node:
        try:
            found = macros.expand(at, name, holder, arguments)
        except macros.MacroError as error:
            return self._broken(error.at, str(error))
        if found is not None:
            return found
        if holder is None:
            return Node("call", at, name, arguments)
        return Node("call", at, name, (holder, *arguments), member=True)

    def _arguments(self, closing: str) -> tuple[Node, ...]:
        if self._take(closing):
            return ()
        found = [self.expression()]
        while self._take(","):
            found.append(self.expression())
        self._expect(closing)
        return tuple(found)

    def _primary(self, sign: Token | None) -> Node:
        token = self._next()
        kind = token.kind
        if kind == "IDENTIFIER":
            return self._named(token, "")
        if kind in ("NUM_INT", "NUM_FLOAT", "NUM_UINT", "STRING", "BYTES", "true", "false", "null"):
            return self._literal(token, sign)
        if kind == "(":
            tree = self.expression()
            self._expect(")")
            return tree
        if kind == "[":
            return self._list(token)
        if kind == "{":
            return self._map(token)
        if kind == "." and self.kind == "IDENTIFIER":
            return self._named(self._next(), ".")
        raise _Unexpected

    def _named(self, token: Token, dot: str) -> Node:
        if self._is_message():
            names = [token.text]
            while self._take("."):
                names.append(self._next().text)
            return self._message(dot + ".".join(names))
        opening = self._take("(")
        arguments = self._arguments(")") if opening is not None else ()
        if token.text in recovery.RESERVED:
            return self._broken(token.at, f"reserved identifier: {token.text}")
        if opening is not None:
            return self._macro(opening.at, dot + token.text, None, arguments)
        return Node("ident", token.at, dot + token.text)

    def _is_message(self) -> bool:
        at = self._at
        while self._tokens[at].kind == "." and self._tokens[at + 1].kind == "IDENTIFIER":
            at += 2
        return self._tokens[at].kind == "{"

    def _message(self, name: str) -> Node:
        opening = self._expect("{")
        fields: list[str] = []
        values: list[Node] = []
        places: list[int] = []
        optional: set[int] = set()
        more = self.kind not in ("}", ",")
        while more:
            if self._take("?"):
                optional.add(len(values))
            if self.kind not in ("IDENTIFIER", "ESC_IDENTIFIER"):
                raise _Unexpected
            fields.append(self._next().text)
            at = self._expect(":").at
            values.append(self.expression())
            places.append(at)
            more = self._more("}")
        self._take(",")
        self._expect("}")
        return Node("struct", opening.at, name, tuple(values), fields=tuple(fields), value=tuple(places), optional=frozenset(optional))

    def _more(self, closing: str) -> bool:
        """Whether another entry follows a comma; one comma may stand before the end."""
        if self.kind == "," and self._tokens[self._at + 1].kind != closing:
            self._next()
            return True
        return False

    def _list(self, opening: Token) -> Node:
        items: list[Node] = []
        optional: set[int] = set()
        more = self.kind not in ("]", ",")
        while more:
            if self._take("?"):
                optional.add(len(items))
            items.append(self.expression())
            more = self._more("]")
        self._take(",")
        self._expect("]")
        return Node("list", opening.at, "", tuple(items), optional=frozenset(optional))

    def _map(self, opening: Token) -> Node:
        parts: list[Node] = []
        optional: set[int] = set()
        more = self.kind not in ("}", ",")
        while more:
            if self._take("?"):
                optional.add(len(parts) // 2)
            parts.append(self.expression())
            self._expect(":")
            parts.append(self.expression())
            more = self._more("}")
        self._take(",")
        self._expect("}")
        return Node("map", opening.at, "", tuple(parts), optional=frozenset(optional))

    def _literal(self, token: Token, sign: Token | None) -> Node:
        kind, text, at = token.kind, token.text, sign.at if sign else token.at
        if kind in ("true", "false", "null"):
            return Node("literal", at, value={"true": True, "false": False, "null": None}[kind])
        if kind in ("STRING", "BYTES"):
            try:
                return Node("literal", at, value=unquoted(text))
            except ValueError as error:
                return self._broken(at, str(error))
        if kind == "NUM_FLOAT":
            number = float(text)
            if number in (float("inf"), float("-inf")):
                return self._broken(at, "invalid double literal")
            return Node("literal", at, value=-number if sign else number)
        whole = int(text.rstrip("uU"), 16 if text.startswith("0x") else 10) * (-1 if sign else 1)
        if kind == "NUM_UINT":
            if whole >= 2**64:
                return self._broken(at, "invalid uint literal")
            return Node("literal", at, "uint", value=whole)
        if not -(2**63) <= whole < 2**63:
            return self._broken(at, "invalid int literal")
        return Node("literal", at, value=whole)


def _balanced(name: str, signs: list[Token], terms: list[Node], low: int, high: int) -> Node:
    middle = (low + high + 1) // 2
    left = terms[middle] if middle == low else _balanced(name, signs, terms, low, middle - 1)
    right = terms[middle + 1] if middle == high else _balanced(name, signs, terms, middle + 1, high)
    return Node("call", signs[middle].at, name, (left, right))


def unquoted(token: str) -> str | bytes:
    """The value of a literal between quotes; line ends are one letter, escapes are read unless it is raw."""
    text = token.replace("\r\n", "\n").replace("\r", "\n")
    binary = text[0] in "bB"
    text = text[1:] if binary else text
    raw = text[0] in "rR"
    text = text[1:] if raw else text
    quote = 3 if text[:3] in ("'''", '"""') and len(text) >= 6 else 1
    body = text[quote:-quote].encode()
    if not raw and b"\\" in body:
        body = _ESCAPE.sub(lambda match: _unescaped(match, binary), body)
    return body if binary else body.decode()


def _unescaped(match: re.Match[bytes], binary: bool) -> bytes:
    if match[5]:
        letter = match[5].decode()
        return _ESCAPES.get(letter, letter).encode()
    if match[1] or match[4]:
        code = int(match[1], 16) if match[1] else int(match[4], 8)
        return bytes([code]) if binary else chr(code).encode()
    if binary:
        raise ValueError("unable to unescape string")
    code = int(match[2] or match[3], 16)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise ValueError("invalid unicode code point")
    return chr(code).encode()
