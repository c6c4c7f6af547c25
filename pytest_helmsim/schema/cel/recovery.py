"""What the real parser says of a text that is no expression: it mends what it can, goes on, and complains of each place.

The real parser is generated: where it cannot go on it deletes one token, makes one up, or leaves the rule and skips what cannot follow.
Here its rules stand as data and are walked the same way. Sources: github.com/google/cel-go parser/gen/CEL.g4,
github.com/antlr4-go/antlr error_strategy.go, parser_atn_simulator.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pytest_helmsim.schema.cel.grammar import EPSILON, OUTSIDE, Config, Part, Stack, State, grammar
from pytest_helmsim.schema.cel.lexer import HIDDEN, KINDS, Token
from pytest_helmsim.schema.cel.nodes import NOWHERE, Issues

MAX_RECOVERIES = 30
MAX_SKIPPED = 256
MAX_REPORTS = 100
MAX_AHEAD = 200
MAX_DEPTH = 100
_ORDER = {"EOF": -1, **{kind: index for index, kind in enumerate(KINDS)}}
_NAMED = frozenset(["NUM_FLOAT", "NUM_INT", "NUM_UINT", "STRING", "BYTES", "IDENTIFIER", "ESC_IDENTIFIER"])
RESERVED = frozenset(
    [
        "as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in",
        "let", "loop", "package", "namespace", "null", "return", "true", "var", "void", "while",
    ]
)  # fmt: skip
"""Words that cannot name a variable."""
_RESERVED = re.compile(r"no viable alternative at input '.(true|false|null)'")


class _Failure(Exception):
    """The rule cannot go on; `message` is what is said of it."""

    def __init__(self, message: str, token: Token) -> None:
        super().__init__(message)
        self.token = token


class _GiveUp(Exception):
    """Too much is wrong to go on."""


def explain(tokens: list[Token], issues: Issues) -> None:
    """Add every complaint about the order of tokens."""
    walk = _Walk(tokens, issues)
    try:
        walk.rule("start", 0)
    except _GiveUp:
        return


class _Walk:
    def __init__(self, tokens: list[Token], issues: Issues) -> None:
        self._tokens = tokens
        self._issues = issues
        self._grammar = grammar()
        self._at = 0
        self._state = OUTSIDE
        self._context: list[tuple[State, int]] = []
        self._recovering = False
        self._failed: set[tuple[int, int]] = set()
        self._attempts = 0
        self._reports = 0

    def _ahead(self, count: int = 1) -> str:
        return self._tokens[min(self._at + count - 1, len(self._tokens) - 1)].kind

    def _current(self) -> Token:
        return self._tokens[min(self._at, len(self._tokens) - 1)]

    def _consume(self) -> None:
        self._at = min(self._at + 1, len(self._tokens) - 1)

    def rule(self, name: str, precedence: int) -> None:
        """Walk one rule; a failure within is told, and what cannot follow is skipped."""
        invoking = self._state
        self._context.append((invoking, precedence))
        if len(self._context) > MAX_DEPTH * 8:
            self._issues.report(NOWHERE, "expression recursion limit exceeded: 250")
            raise _GiveUp
        try:
            self._run(self._grammar.parts[name])
        except _Failure as failure:
            if not self._recovering:
                self._recovering = True
                self._report(str(failure), failure.token)
                if name == "escape":
                    self._issues.report(failure.token.at, "unsupported ident kind")
            self._recover()
        finally:
            self._context.pop()
        self._state = invoking

    def _run(self, parts: list[Part]) -> None:
        for part in parts:
            self._state = part.state
            if part.kind == "token":
                self._match(part.state.tokens)
            elif part.kind == "rule":
                self.rule(part.state.calls, part.state.precedence)
            elif part.kind == "choice":
                self._choose(part)
            else:
                self._loop(part)

    def _choose(self, part: Part) -> None:
        self._sync(loop=False)
        if part.least == 0:
            if self._ahead() in self._first(part.alternatives[0]):
                self._run(part.alternatives[0])
            return
        self._run(part.alternatives[self._predict(part)])

    def _first(self, parts: list[Part]) -> frozenset[str]:
        return self._grammar.next(parts[0].state)

    def _loop(self, part: Part) -> None:
        self._sync(loop=False)
        if part.least:
            self._run(part.alternatives[0])
            self._go_back(part)
        while self._again(part):
            self._run(part.alternatives[0])
            self._go_back(part)

    def _go_back(self, part: Part) -> None:
        assert part.back is not None
        self._state = part.back
        self._sync(loop=True)

    def _again(self, part: Part) -> bool:
        if part.one:
            return self._ahead() in self._first(part.alternatives[0])
        return self._predict(part) == 0

    # --- prediction

    def _predict(self, part: Part) -> int:
        """The alternative that goes on, looking ahead as far as needed; leaving a loop counts as the one after the others."""
        if len(part.alternatives) == 1 and not part.many and part.least:
            return 0
        if part.one:
            for index, parts in enumerate(part.alternatives):
                if self._ahead() in self._first(parts):
                    return index
            raise self._no_way(self._at)
        state, precedence = self._state, self._context[-1][1]
        configs: dict[Config, None] = {}
        branches = state.free
        for alternative, branch in enumerate(branches):
            self._close(configs, alternative, branch, (), precedence, state.rule)
        if state.rule in ("relation", "calc", "member") and (part.many):
            own = {(where, _inside(stack)) for alternative, where, stack in configs if alternative == 0}
            configs = {key: None for key in configs if key[0] == 0 or (key[1], _inside(key[2])) not in own}
        start = self._at
        for offset in range(MAX_AHEAD):
            kind = self._tokens[min(start + offset, len(self._tokens) - 1)].kind
            reached: dict[Config, None] = {}
            for alternative, where, stack in configs:
                if kind in where.tokens and where.target is not None:
                    self._close(reached, alternative, where.target, stack, None, "")
                elif kind == "EOF" and where is self._grammar.stops["start"]:
                    reached[(alternative, where, stack)] = None
            if not reached:
                ended = self._left(configs)
                if ended:
                    return min(ended)
                raise self._no_way(min(start + offset, len(self._tokens) - 1))
            alternatives = {alternative for alternative, _, _ in reached}
            if len(alternatives) == 1:
                return alternatives.pop()
            places: dict[tuple[State, Stack], set[int]] = {}
            for alternative, where, stack in reached:
                places.setdefault((where, _inside(stack)), set()).add(alternative)
            if all(found == alternatives for found in places.values()):
                return min(alternatives)
            configs = reached
        return min(alternative for alternative, _, _ in configs)

    def _left(self, configs: Iterable[Config]) -> set[int]:
        """Alternatives that have come to the end of the rule in which the decision was made."""
        return {alternative for alternative, _, stack in configs if stack and stack[0] is OUTSIDE}

    def _close(
        self,
        found: dict[Config, None],
        alternative: int,
        state: State,
        stack: Stack,
        precedence: int | None,
        rule: str,
    ) -> None:
        grammar = self._grammar
        todo = [(state, stack)]
        seen: set[tuple[State, Stack]] = set()
        while todo:
            here, above = todo.pop()
            if (here, above) in seen:
                continue
            seen.add((here, above))
            if here is grammar.stops[here.rule]:
                inner = above[-1] if above else OUTSIDE
                if inner is not OUTSIDE:
                    todo.append((inner, above[:-1]))
                    continue
                if here.rule == "start":
                    found[(alternative, here, above)] = None
                    continue
                todo.extend((follow, (OUTSIDE,)) for follow in grammar.follows[here.rule])
            elif here.tokens:
                found[(alternative, here, above)] = None
            elif here.calls:
                assert here.target is not None
                todo.append((grammar.starts[here.calls], (*above, here.target)))
            elif here.needs is not None:
                own = precedence is not None and not above and here.rule == rule
                if here.target is not None and (not own or here.needs >= (precedence or 0)):
                    todo.append((here.target, above))
            else:
                todo.extend((target, above) for target in here.free)

    def _no_way(self, at: int) -> _Failure:
        first, last = self._current(), self._tokens[at]
        if first.kind == "EOF":
            shown = "<EOF>"
        else:
            end = last.at + (0 if last.kind == "EOF" else len(last.text))
            shown = self._without_errors(first.at, end)
        return _Failure(f"no viable alternative at input {_quoted(shown)}", last)

    def _without_errors(self, start: int, end: int) -> str:
        """A stretch of the text without what is no token."""
        shown, at = "", start
        for token in self._tokens:
            if start <= token.at < end:
                shown += "".join(HIDDEN.findall(self._issues.text[at : token.at])) + token.text
                at = token.at + len(token.text)
        return shown + "".join(HIDDEN.findall(self._issues.text[at:end]))

    # --- mending

    def _sync(self, *, loop: bool) -> None:
        if self._recovering:
            return
        wanted = self._grammar.next(self._state)
        if EPSILON in wanted or self._ahead() in wanted:
            return
        if loop:
            self._unwanted()
            self._skip_until(self._expected() | self._follow())
        elif not self._delete_one():
            raise self._mismatch()

    def _match(self, kinds: frozenset[str]) -> None:
        if self._ahead() in kinds:
            self._matched()
            word = self._current()
            if word.text in RESERVED and word.kind == "IDENTIFIER" and self._state.rule == "primary":
                self._issues.report(word.at, f"reserved identifier: {word.text}")
            self._consume()
            return
        self._attempt()
        if self._delete_one():
            self._consume()
            return
        target = self._state.target
        assert target is not None
        if self._ahead() in self._within(target):
            if not self._recovering:
                self._recovering = True
                self._report(f"missing {_listed(self._expected())} at {_shown(self._current())}", self._current())
            return
        raise self._mismatch()

    def _within(self, state: State) -> frozenset[str]:
        """What can come after a state, in the rules as they were entered."""
        found = set(self._grammar.next(state))
        for invoking, _ in reversed(self._context):
            if EPSILON not in found:
                break
            found.discard(EPSILON)
            if invoking.target is not None and invoking.calls:
                found |= self._grammar.next(invoking.target)
            else:
                found.add("EOF")
        return frozenset(found)

    def _expected(self) -> frozenset[str]:
        return self._within(self._state)

    def _follow(self) -> frozenset[str]:
        found: set[str] = set()
        for invoking, _ in self._context:
            if invoking.calls and invoking.target is not None:
                found |= self._grammar.next(invoking.target)
        return frozenset(found - {EPSILON})

    def _mismatch(self) -> _Failure:
        token = self._current()
        return _Failure(f"mismatched input {_shown(token)} expecting {_listed(self._expected())}", token)

    def _matched(self) -> None:
        self._recovering = False
        self._failed.clear()

    def _delete_one(self) -> bool:
        if self._ahead(2) not in self._expected():
            return False
        self._unwanted()
        self._consume()
        self._matched()
        return True

    def _unwanted(self) -> None:
        if self._recovering:
            return
        self._recovering = True
        token = self._current()
        self._report(f"extraneous input {_shown(token)} expecting {_listed(self._expected())}", token)

    def _attempt(self) -> None:
        if self._attempts == MAX_RECOVERIES:
            self._report(f"error recovery attempt limit exceeded: {MAX_RECOVERIES}", self._current())
            raise _GiveUp
        self._attempts += 1

    def _recover(self) -> None:
        self._attempt()
        if (self._at, id(self._state)) in self._failed:
            self._consume()
        self._failed = {entry for entry in self._failed if entry[0] == self._at} | {(self._at, id(self._state))}
        self._skip_until(self._follow())

    def _skip_until(self, kinds: frozenset[str]) -> None:
        skipped = 0
        while self._ahead() != "EOF" and self._ahead() not in kinds:
            skipped += 1
            if skipped > MAX_SKIPPED:
                self._issues.report(NOWHERE, f"error recovery token lookahead limit exceeded: {MAX_SKIPPED}")
                raise _GiveUp
            self._consume()

    def _report(self, message: str, token: Token) -> None:
        if self._reports >= MAX_REPORTS:
            self._issues.report(token.at, f"Syntax error: More than {MAX_REPORTS} syntax errors")
            raise _GiveUp
        self._reports += 1
        message = _RESERVED.sub(r"mismatched input '\1' expecting IDENTIFIER", message)
        self._issues.report(token.at, f"Syntax error: {message}")


def _inside(stack: Stack) -> Stack:
    return stack[1:] if stack and stack[0] is OUTSIDE else stack


def _quoted(text: str) -> str:
    return "'" + text.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r") + "'"


def _shown(token: Token) -> str:
    return _quoted(token.text)


def _listed(kinds: frozenset[str]) -> str:
    ordered = sorted(kinds - {EPSILON}, key=lambda kind: _ORDER[kind])
    names = ["<EOF>" if kind == "EOF" else kind if kind in _NAMED else f"'{kind}'" for kind in ordered]
    return names[0] if len(names) == 1 else "{" + ", ".join(names) + "}"
