"""The rules of the language as the real parser has them, and the places within them that its recovery walks through.

Source: github.com/google/cel-go parser/gen/CEL.g4.
"""

from __future__ import annotations

from functools import lru_cache

EPSILON = "epsilon"
"""In place of a token: the rule can end here."""

# A rule as text: words in capitals and quoted signs are tokens, `name:2` a rule with the least precedence it takes, `{2}` a
# precedence that is needed, `[1]` behind a bracket that one token decides.
RULES = {
    "start": "expr EOF",
    "expr": "or ( '?' or ':' expr )?1",
    "or": "and ( '||' and )*1",
    "and": "relation:0 ( '&&' relation:0 )*1",
    "relation": "calc:0 ( {1} <'<' '<=' '>=' '>' '==' '!=' in> relation:2 )*",
    "calc": "unary ( ( {2} <'*' '/' '%'> calc:3 | {1} <'+' '-'> calc:2 ) )*",
    "unary": "( member:0 | ( '!' )+1 member:0 | ( '-' )+ member:0 )",
    "member": "primary ( ( {3} '.' ( '?' )?1 escape | {2} '.' IDENTIFIER '(' ( exprs )?1 ')' | {1} '[' ( '?' )?1 expr ']' ) )*",
    "primary": (
        "( ( '.' )?1 IDENTIFIER | ( '.' )?1 IDENTIFIER '(' ( exprs )?1 ')' | '(' expr ')' | '[' ( list )?1 ( ',' )?1 ']'"
        " | '{' ( map )?1 ( ',' )?1 '}' | ( '.' )?1 IDENTIFIER ( '.' IDENTIFIER )*1 '{' ( fields )?1 ( ',' )?1 '}' | literal )"
    ),
    "exprs": "expr ( ',' expr )*1",
    "list": "item ( ',' item )*",
    "fields": "field ':' expr ( ',' field ':' expr )*",
    "field": "( '?' )?1 escape",
    "map": "item ':' expr ( ',' item ':' expr )*",
    "escape": "( IDENTIFIER | ESC_IDENTIFIER )1",
    "item": "( '?' )?1 expr",
    "literal": "( ( '-' )?1 NUM_INT | NUM_UINT | ( '-' )?1 NUM_FLOAT | STRING | BYTES | true | false | null )",
}


class State:
    """A place within a rule: ways on by a token, through a rule, or for free."""

    __slots__ = ("calls", "free", "loops_back", "needs", "precedence", "rule", "target", "tokens")

    def __init__(self, rule: str) -> None:
        self.rule = rule
        self.tokens: frozenset[str] = frozenset()
        self.target: State | None = None
        self.calls = ""
        self.precedence = 0
        self.free: list[State] = []
        self.needs: int | None = None
        self.loops_back = False


OUTSIDE = State("outside")


class Part:
    """A part of a rule: `token`, `rule`, `choice`, `loop`, and the state before it."""

    __slots__ = ("alternatives", "back", "kind", "least", "many", "one", "state")

    def __init__(self, kind: str, state: State) -> None:
        self.kind = kind
        self.state = state
        self.alternatives: list[list[Part]] = []
        self.one = False
        self.least = 1
        self.many = False
        self.back: State | None = None


Stack = tuple[State, ...]
Config = tuple[int, State, Stack]


class Grammar:
    """All rules taken apart: where each starts and stops, its parts, and what may follow it."""

    def __init__(self) -> None:
        self.starts = {name: State(name) for name in RULES}
        self.stops = {name: State(name) for name in RULES}
        self.follows: dict[str, list[State]] = {name: [] for name in RULES}
        self.parts: dict[str, list[Part]] = {}
        for name, text in RULES.items():
            words = text.split()
            self.parts[name], end = self._sequence(name, words, self.starts[name])
            end.free.append(self.stops[name])

    def _sequence(self, rule: str, words: list[str], state: State) -> tuple[list[Part], State]:
        parts: list[Part] = []
        while words and words[0] != "|" and not words[0].startswith(")"):
            word = words.pop(0)
            if word == "(":
                part, state = self._group(rule, words, state)
            elif word.startswith("{"):
                after = State(rule)
                state.needs, state.target = int(word[1]), after
                state = after
                continue
            else:
                part, state = self._single(rule, word, words, state)
            parts.append(part)
        return parts, state

    def _single(self, rule: str, word: str, words: list[str], state: State) -> tuple[Part, State]:
        after = State(rule)
        state.target = after
        name, _, precedence = word.partition(":")
        if name in RULES and not word.startswith("'"):
            state.calls, state.precedence = name, int(precedence or 0)
            self.follows[name].append(after)
            return Part("rule", state), after
        kinds = [word.removeprefix("<").strip("'")]
        while word.startswith("<") and not words[0].endswith(">"):
            kinds.append(words.pop(0).strip("'"))
        if word.startswith("<"):
            kinds.append(words.pop(0)[:-1].strip("'"))
        state.tokens = frozenset(kinds)
        return Part("token", state), after

    def _group(self, rule: str, words: list[str], state: State) -> tuple[Part, State]:
        alternatives: list[list[Part]] = []
        ends: list[State] = []
        begins: list[State] = []
        while True:
            begin = State(rule)
            parts, end = self._sequence(rule, words, begin)
            alternatives.append(parts)
            begins.append(begin)
            ends.append(end)
            closing = words.pop(0)
            if closing != "|":
                break
        mark, after = closing[1:2], State(rule)
        part = Part("loop" if mark in ("*", "+") else "choice", state)
        part.alternatives, part.one = alternatives, closing.endswith("1")
        part.least = 0 if mark in ("?", "*") else 1
        part.many = mark in ("*", "+")
        state.free.extend(begins)
        if part.many:
            part.back = back = State(rule)
            back.loops_back = True
            for end in ends:
                end.free.append(back)
            back.free.extend([*begins, after])
        else:
            for end in ends:
                end.free.append(after)
        if part.least == 0:
            state.free.append(after)
        return part, after

    def next(self, state: State) -> frozenset[str]:
        """What can come next within the rule, epsilon when the rule can end here; no rule is ever empty."""
        found: set[str] = set()
        seen: set[int] = set()
        todo = [state]
        while todo:
            here = todo.pop()
            if id(here) in seen:
                continue
            seen.add(id(here))
            if here is self.stops[here.rule]:
                found.add(EPSILON)
            elif here.tokens:
                found |= here.tokens
            elif here.calls:
                todo.append(self.starts[here.calls])
            elif here.needs is not None and here.target is not None:
                todo.append(here.target)
            else:
                todo.extend(here.free)
        return frozenset(found)


@lru_cache(maxsize=1)
def grammar() -> Grammar:
    """The one grammar; made at the first mistake."""
    return Grammar()
