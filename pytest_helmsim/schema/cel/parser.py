"""Expressions to trees.

    expr   = or ["?" or ":" expr]           or  = and {"||" and}          and = rel {"&&" rel}
    rel    = sum {("<"|"<="|">"|">="|"=="|"!="|"in") sum}                 sum = term {("+"|"-") term}
    term   = unary {("*"|"/"|"%") unary}    unary = {"!"|"-"} member
    member = primary {"." name ["(" args ")"] | ".?" name | "[" expr "]" | "[?" expr "]"}
    primary = name ["(" args ")"] | literal | "(" expr ")" | "[" items "]" | "{" pairs "}"

A tree is a tuple whose first item names the kind of node.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

Node = tuple[Any, ...]
MAX_LENGTH = 20_000
MAX_DEPTH = 40
MAX_CHAIN = 64

_TOKEN = re.compile(
    r"""\s+|//[^\n]*
    |(?P<string>[rRbB]{0,2}(?:'''(?:[^\\]|\\.)*?'''|\"\"\"(?:[^\\]|\\.)*?\"\"\"|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"))
    |(?P<float>\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)
    |(?P<int>0[xX][0-9a-fA-F]+[uU]?|\d+[uU]?)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<op>\[\?|\.\?|&&|\|\||<=|>=|==|!=|[-+*/%!<>?:.,()\[\]{}])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {
    "n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "\\": "\\", "'": "'", '"': '"', "`": "`", "?": "?",
}  # fmt: skip
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|(.))", re.DOTALL)


class CelSyntaxError(ValueError):
    """A text that is no expression."""


@lru_cache(maxsize=1024)
def parse(text: str) -> Node:
    """The tree of an expression; raise `CelSyntaxError`."""
    if len(text) > MAX_LENGTH:
        raise CelSyntaxError(f"expression of {len(text)} characters is too long")
    reader = _Reader(_scan(text))
    tree = reader.expression()
    if reader.peek() != ("end", ""):
        raise CelSyntaxError(f"unexpected {reader.peek()[1]!r}")
    return tree


def _scan(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise CelSyntaxError(f"unexpected character {text[position]!r} at {position}")
        position = match.end()
        if match.lastgroup is not None:
            found.append((match.lastgroup, match.group(match.lastgroup)))
    found.append(("end", ""))
    return found


def _text(token: str) -> str | bytes:
    prefix = re.match(r"[rRbB]*", token)
    letters = prefix.group(0).lower() if prefix else ""
    body = token[len(letters) :]
    quote = 3 if body[:3] in ("'''", '"""') else 1
    body = body[quote:-quote]
    if "r" not in letters:
        body = _ESCAPE.sub(_unescape, body)
    return body.encode() if "b" in letters else body


def _unescape(match: re.Match[str]) -> str:
    code = match[1] or match[2] or match[3]
    if code:
        return chr(int(code, 16))
    return chr(int(match[4], 8)) if match[4] else _ESCAPES.get(match[5], match[5])


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def peek(self) -> tuple[str, str]:
        return self._tokens[self._at]

    def _next(self) -> tuple[str, str]:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _take(self, *texts: str) -> str:
        kind, text = self.peek()
        if kind in ("op", "name") and text in texts:
            self._at += 1
            return text
        return ""

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise CelSyntaxError(f"expected {text!r}, found {self.peek()[1]!r}")

    def expression(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise CelSyntaxError("expression is nested too deeply")
        tree = self._binary(0)
        if self._take("?"):
            yes = self._binary(0)
            self._expect(":")
            tree = ("if", tree, yes, self.expression())
        self._depth -= 1
        return tree

    _LEVELS = (("||",), ("&&",), ("<", "<=", ">", ">=", "==", "!=", "in"), ("+", "-"), ("*", "/", "%"))

    def _binary(self, level: int) -> Node:
        if level == len(self._LEVELS):
            return self._unary()
        tree = self._binary(level + 1)
        if level < 2:
            sides = [tree]
            while self._take(*self._LEVELS[level]):
                sides.append(self._binary(level + 1))
            return tree if len(sides) == 1 else ("logical", self._LEVELS[level][0], tuple(sides))
        for _ in range(MAX_CHAIN):
            operator = self._take(*self._LEVELS[level])
            if not operator:
                return tree
            tree = ("binary", operator, tree, self._binary(level + 1))
        raise CelSyntaxError("expression is nested too deeply")

    def _unary(self) -> Node:
        operators: list[str] = []
        while operator := self._take("!", "-"):
            operators.append(operator)
            if len(operators) > MAX_CHAIN:
                raise CelSyntaxError("expression is nested too deeply")
        tree = self._member()
        for operator in reversed(operators):
            tree = ("unary", operator, tree)
        return tree

    def _member(self) -> Node:
        tree = self._primary()
        for _ in range(MAX_CHAIN):
            if self._take("."):
                kind, name = self._next()
                if kind != "name":
                    raise CelSyntaxError(f"expected a name, found {name!r}")
                tree = ("method", tree, name, self._arguments(")")) if self._take("(") else ("field", tree, name)
            elif self._take(".?"):
                tree = ("optional", tree, ("value", self._next()[1]))
            elif self._take("["):
                tree = ("index", tree, self.expression())
                self._expect("]")
            elif self._take("[?"):
                tree = ("optional", tree, self.expression())
                self._expect("]")
            else:
                return tree
        raise CelSyntaxError("expression is nested too deeply")

    def _arguments(self, closing: str) -> tuple[Node, ...]:
        found: list[Node] = []
        while not self._take(closing):
            found.append(self.expression())
            if not self._take(","):
                self._expect(closing)
                break
        return tuple(found)

    def _primary(self) -> Node:
        kind, text = self._next()
        if kind == "string":
            return ("value", _text(text))
        if kind == "float":
            return ("value", float(text))
        if kind == "int":
            return ("value", int(text.rstrip("uU"), 0))
        if kind == "name":
            if text in ("true", "false"):
                return ("value", text == "true")
            if text == "null":
                return ("value", None)
            return ("call", text, self._arguments(")")) if self._take("(") else ("name", text)
        if text == "(":
            tree = self.expression()
            self._expect(")")
            return tree
        if text == "[":
            return ("list", self._arguments("]"))
        if text == "{":
            return self._map()
        if text == ".":
            return ("name", self._next()[1])
        raise CelSyntaxError(f"unexpected {text!r}" if text else "unexpected end of expression")

    def _map(self) -> Node:
        pairs: list[tuple[Node, Node]] = []
        while not self._take("}"):
            key = self.expression()
            self._expect(":")
            pairs.append((key, self.expression()))
            if not self._take(","):
                self._expect("}")
                break
        return ("map", tuple(pairs))
