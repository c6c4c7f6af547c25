"""The shape of a text that is beyond doubt: blocks, definitions and the text of each pipeline, found without making a tree.

Charts hold far more template text than one rendering runs, and the same actions again and again. An outline looks at every action once
in a process, by regular expressions, and leaves a pipeline as text until it runs (`interpreter`). It is for what nearly all charts
are made of: what it does not know, and whatever looks wrong, has no outline and is left to the parser, which alone words errors.

An outline is plain data. A body is a tuple of statements: a str is printed, other statements are tuples that start with a kind.
"""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Any, Final, NamedTuple, TypeAlias

from pytest_helmsim.template.lexer import KEYWORDS, SPACES
from pytest_helmsim.template.quoting import unquote

PRINT: Final = 0
"""(PRINT, pipeline)"""
SET: Final = 1
"""(SET, pipeline, variable, whether it is declared)"""
IF: Final = 2
"""(IF, pipeline, declared variables, body, other body)"""
WITH: Final = 3
RANGE: Final = 4
TEMPLATE: Final = 5
"""(TEMPLATE, pipeline or "", name)"""
BREAK: Final = 6
CONTINUE: Final = 7

Statement: TypeAlias = Any
Body: TypeAlias = tuple[Statement, ...]

MAX_NESTING: Final = 40
_MAX_ROUNDS: Final = 25
_MAX_KNOWN: Final = 50_000
_LONGEST_KNOWN: Final = 4096
_MOST_WORK: Final = 200_000_000
"""Of openings of comments times length: each that is not closed is looked for to the end of the text."""

_ELSE: Final = -1
_END: Final = -2
_DEFINE: Final = -3
_COMMENT: Final = -4

_COMMENT_TEXT = r"/\*(?:[^*]|\*(?!/))*+\*/(?:[ \t\r\n]-)?"
_SPLIT = re.compile(
    r"\{\{(-[ \t\r\n])?"
    rf"({_COMMENT_TEXT}|"
    r"(?:[^\"`'{}]++|\"(?:[^\"\\\n]|\\[^\n])*+\"|`[^`]*+`)*+)"
    r"\}\}"
)
_IS_COMMENT = re.compile(_COMMENT_TEXT)
_STRING = re.compile(r"\"(?:[^\"\\\n]|\\[^\n])*+\"|`[^`]*+`")
_NAME = r"[A-Za-z_][A-Za-z0-9_]*+"
_VARIABLE = r"\$[A-Za-z0-9_]*+"
_S = r"[ \t\r\n]"
_QUOTED, _NESTED = "\x01", "\x02"
_HEAD = rf"(?:{_NESTED}|{_VARIABLE}|{_NAME}(?!\.)|(?=\.[A-Za-z_]))(?:\.{_NAME})*+"
_LITERAL = rf"{_QUOTED}|-?(?:0|[1-9][0-9]{{0,17}}+)(?:\.[0-9]{{1,15}}+)?|\.(?![A-Za-z0-9_])"
_TERM = rf"(?:{_HEAD}|{_LITERAL})"
_LATER = rf"(?!(?:true|false|nil)(?![A-Za-z0-9_])|{_NESTED})(?:{_HEAD})"
_COMMAND = rf"(?:{_S}++{_TERM})*+"
_PIPELINE = rf"{_TERM}{_COMMAND}(?:{_S}*+\|{_S}*+{_LATER}{_COMMAND})*+"
_PARENTHESES = re.compile(rf"\({_S}*+{_PIPELINE}{_S}*+\)")
_WHOLE = re.compile(_PIPELINE)
_WORDS = re.compile(r"(?<![.$A-Za-z0-9_])[A-Za-z_][A-Za-z0-9_]*")
_VARIABLES = re.compile(_VARIABLE)
_DECLARE = re.compile(rf"({_VARIABLE})(?:{_S}*+(:=)|{_S}++=){_S}*+")
_DECLARE_TWO = re.compile(rf"({_VARIABLE}){_S}*+,{_S}*+({_VARIABLE}){_S}*+:={_S}*+")
_KEYWORD = re.compile(rf"(if|with|range|else{_S}++if|else{_S}++with)(?={_S}|[(.]){_S}*+")
_NAMED = re.compile(rf"(define|template){_S}++({_STRING.pattern})(?:{_S}++|$)")
_LONE = {"end": _END, "else": _ELSE, "break": BREAK, "continue": CONTINUE}
_KINDS = {"if": IF, "with": WITH, "range": RANGE}
_UNKNOWN_WORDS = frozenset({*KEYWORDS, "call"} - {"true", "false", "nil"})
"""What is no function, and the function whose arguments are more than their values."""


class Pipeline(NamedTuple):
    """What a pipeline's text names: variables and functions."""

    variables: tuple[str, ...]
    functions: frozenset[str]


class _Action(NamedTuple):
    kind: int
    pipeline: str = ""
    names: tuple[str, ...] = ()
    """Variables declared or assigned, or the name of a template."""
    declares: bool = True
    used: Pipeline = Pipeline((), frozenset())
    trims: bool = False


class Outline(NamedTuple):
    """A text's own body, those it defines (each name once), and the functions it names."""

    main: Body
    defined: tuple[tuple[str, Body], ...]
    functions: frozenset[str]


_actions: dict[str, _Action] = {}
_pipelines: dict[str, Pipeline] = {}


class _Doubt(Exception):
    """The text is one for the parser."""


class _Block:
    """A block that is open: what it will be, and the variables it declared."""

    __slots__ = ("action", "body", "chained", "declared", "first")

    def __init__(self, action: _Action, *, chained: bool = False) -> None:
        self.action = action
        self.body: list[Statement] = []
        self.first: Body | None = None
        self.chained = chained
        self.declared: set[str] = set(action.names) if action.kind in (IF, WITH, RANGE) else set()


def outline(text: str, functions: Container[str]) -> Outline | None:
    """The outline of a text that the parser takes for certain with these functions; None for every other."""
    if text.count("/*") * len(text) > _MOST_WORK:
        return None
    pieces = _SPLIT.split(text)
    if any("{{" in piece or piece[-1:] == "{" for piece in pieces[::3]):
        return None
    try:
        made = _Builder().build(pieces)
    except _Doubt:
        return None
    return made if all(name in functions for name in made.functions) else None


def is_empty(body: Body) -> bool:
    """Nothing but white space: such a definition does not replace another."""
    return all(each.__class__ is str and not each.strip() for each in body)


class _Builder:
    def __init__(self) -> None:
        self.blocks = [_Block(_Action(_END))]
        self.defined: dict[str, Body] = {}
        self.used: set[frozenset[str]] = set()

    def build(self, pieces: list[str]) -> Outline:
        """`pieces` are texts with two parts of an action between two of them."""
        trimmed = False
        known = _actions
        for index in range(0, len(pieces) - 1, 3):
            text, left, inner = pieces[index : index + 3]
            if trimmed:
                text = text.lstrip(SPACES)
            if left:
                text = text.rstrip(SPACES)
            if text:
                self.blocks[-1].body.append(text)
            action = known.get(inner) or _learn(inner)
            if action is None:
                raise _Doubt
            trimmed = action.trims
            kind = action.kind
            if kind == PRINT:
                used = action.used
                self.used.add(used.functions)
                if used.variables:
                    self.use(used)
                self.blocks[-1].body.append((PRINT, action.pipeline))
            elif kind != _COMMENT:
                self.add(action)
        last = pieces[-1].lstrip(SPACES) if trimmed else pieces[-1]
        main = self.blocks.pop()
        if self.blocks:
            raise _Doubt
        if last:
            main.body.append(last)
        return Outline(tuple(main.body), tuple(self.defined.items()), frozenset().union(*self.used))

    def use(self, used: Pipeline) -> None:
        self.used.add(used.functions)
        for name in used.variables:
            if name != "$" and not self.is_declared(name):
                raise _Doubt

    def is_declared(self, name: str) -> bool:
        """By this block or one around it; a definition begins anew."""
        for block in reversed(self.blocks):
            if name in block.declared:
                return True
            if block.action.kind == _DEFINE:
                return False
        return False

    def declare(self, names: tuple[str, ...]) -> None:
        """Dot's own name, and one name twice, are left to the compiler."""
        if "$" in names or len(set(names)) != len(names):
            raise _Doubt

    def add(self, action: _Action) -> None:
        kind = action.kind
        if kind in (IF, WITH, RANGE):
            self.use(action.used)
            self.declare(action.names)
            self.open(_Block(action))
        elif kind == _END:
            self.end()
        elif kind == _ELSE:
            self.otherwise(action)
        elif kind == SET:
            self.use(action.used)
            name = action.names[0]
            block = self.blocks[-1]
            if not action.declares:
                if not self.is_declared(name):
                    raise _Doubt
            else:
                self.declare((name,))
                block.declared.add(name)
            block.body.append((SET, action.pipeline, name, action.declares))
        elif kind == TEMPLATE:
            self.use(action.used)
            self.blocks[-1].body.append((TEMPLATE, action.pipeline, action.names[0]))
        elif kind == _DEFINE:
            if len(self.blocks) > 1 or action.names[0] in self.defined:
                raise _Doubt
            self.open(_Block(action))
        else:
            if not any(block.action.kind == RANGE and block.first is None for block in self.blocks):
                raise _Doubt
            self.blocks[-1].body.append((kind,))

    def open(self, block: _Block) -> None:
        if len(self.blocks) > MAX_NESTING:
            raise _Doubt
        self.blocks.append(block)

    def otherwise(self, action: _Action) -> None:
        """`else`; with a pipeline another block of the same kind inside of it."""
        block = self.blocks[-1]
        if block.action.kind not in (IF, WITH, RANGE) or block.first is not None:
            raise _Doubt
        block.first = tuple(block.body)
        block.body = []
        block.declared = set(block.action.names)
        if action.pipeline:
            if (action.names[0] == "if") != (block.action.kind == IF) or block.action.kind == RANGE:
                raise _Doubt
            self.use(action.used)
            self.open(_Block(_Action(block.action.kind, action.pipeline), chained=True))

    def end(self) -> None:
        while True:
            block = self.blocks.pop()
            if not self.blocks:
                raise _Doubt
            action = block.action
            if action.kind == _DEFINE:
                self.defined[action.names[0]] = tuple(block.body)
                return
            first, other = (tuple(block.body), None) if block.first is None else (block.first, tuple(block.body))
            self.blocks[-1].body.append((action.kind, action.pipeline, action.names, first, other))
            if not block.chained:
                return


def _learn(inner: str) -> _Action | None:
    action = _read(inner)
    if action is not None:
        _remember(_actions, inner, action)
    return action


def _remember(known: dict[str, Any], text: str, made: object) -> None:
    """Keep what was made of a text, within the bounds."""
    if len(text) <= _LONGEST_KNOWN:
        if len(known) >= _MAX_KNOWN:
            known.clear()
        known[text] = made


def _read(inner: str) -> _Action | None:
    """What stands between the delimiters, a trimming minus at the end included; None for what the parser must see."""
    trims = inner[-1:] == "-" and inner[-2:-1] in SPACES and len(inner) > 1
    text = inner[:-1] if trims else inner
    if inner.startswith("/*"):
        return _Action(_COMMENT, trims=trims) if _IS_COMMENT.fullmatch(inner) else None
    text = text.strip(SPACES)
    if text in _LONE:
        return _Action(_LONE[text], trims=trims)
    found = _KEYWORD.match(text)
    if found is not None:
        return _read_block(found[1].split(), text[found.end() :], trims)
    if text.startswith(("define", "template")) and (found := _NAMED.match(text)) is not None:
        rest = text[found.end() :]
        try:
            name = unquote(found[2])
        except ValueError:
            return None
        if found[1] == "define":
            return None if rest else _Action(_DEFINE, names=(name,), trims=trims)
        used = _pipeline(rest) if rest else _NOTHING
        return None if used is None else _Action(TEMPLATE, rest, (name,), used=used, trims=trims)
    if text[:1] == "$" and (found := _DECLARE.match(text)) is not None:
        rest = text[found.end() :]
        used = _pipeline(rest)
        return None if used is None else _Action(SET, rest, (found[1],), found[2] is not None, used, trims)
    used = _pipeline(text)
    return None if used is None else _Action(PRINT, text, used=used, trims=trims)


_NOTHING: Final = Pipeline((), frozenset())


def _read_block(words: list[str], text: str, trims: bool) -> _Action | None:
    names: tuple[str, ...] = ()
    if text[:1] == "$":
        found = _DECLARE.match(text)
        if found is None and words == ["range"]:
            found = _DECLARE_TWO.match(text)
            if found is not None:
                names = (found[1], found[2])
        elif found is not None:
            if found[2] is None or len(words) > 1:
                return None
            names = (found[1],)
        text = text[found.end() :] if found is not None else text
    used = _pipeline(text)
    if used is None:
        return None
    if len(words) > 1:
        return _Action(_ELSE, text, (words[1],), used=used, trims=trims)
    return _Action(_KINDS[words[0]], text, names, used=used, trims=trims)


def _pipeline(text: str) -> Pipeline | None:
    """The names in a pipeline without declarations; None where it may be none."""
    known = _pipelines.get(text)
    if known is not None:
        return known
    made = _read_pipeline(text)
    if made is not None:
        _remember(_pipelines, text, made)
    return made


def _read_pipeline(text: str) -> Pipeline | None:
    plain = text
    if '"' in text or "`" in text:
        if _QUOTED in text or _NESTED in text:
            return None
        if "\\" in text and not all(map(_is_string, _STRING.findall(text))):
            return None
        plain = _STRING.sub(_QUOTED, text)
    elif _QUOTED in text or _NESTED in text:
        return None
    shape = plain
    rounds = 0
    while "(" in shape:
        shape, count = _PARENTHESES.subn(_NESTED, shape)
        rounds += 1
        if not count or rounds > _MAX_ROUNDS:
            return None
    if _WHOLE.fullmatch(shape) is None:
        return None
    words = _WORDS.findall(plain)
    if not _UNKNOWN_WORDS.isdisjoint(words):
        return None
    variables = tuple(dict.fromkeys(_VARIABLES.findall(plain))) if "$" in plain else ()
    return Pipeline(variables, frozenset(words) - _CONSTANTS)


_CONSTANTS: Final = frozenset({"true", "false", "nil"})


def _is_string(literal: str) -> bool:
    try:
        unquote(literal)
    except ValueError:
        return False
    return True
