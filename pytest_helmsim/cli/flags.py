"""pflag's way to read flags, on click; the flags themselves are in `flag_tables`.

Source: github.com/spf13/pflag for rules and the words of errors.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import click

from pytest_helmsim.cli.flag_tables import COMMANDS, GLOBAL, deprecation
from pytest_helmsim.objects import durations


class FlagError(click.ClickException):
    """A flag that is unknown, lacks its value, or has a wrong one, in pflag's words."""


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag of a table."""

    name: str
    shorthand: str
    kind: str
    bare: str
    default: str

    @property
    def shown(self) -> str:
        """`-n, --namespace`: how errors name it."""
        return f"-{self.shorthand}, --{self.name}" if self.shorthand else f"--{self.name}"


def parse_table(text: str, version: str) -> Iterator[Flag]:
    """The flags of a table that Helm `version` (`3` or `4`) has."""
    for line in text.split("\n"):
        if not line:
            continue
        name, kind, default, only = (*line.split(), "", "")[:4]
        if only and only != version:
            continue
        name, _, shorthand = name.partition(",")
        kind, _, bare = kind.partition("=")
        yield Flag(name, shorthand, kind, "true" if kind == "bool" else bare, "" if default == "-" else default)


def parse_bool(text: str) -> bool:
    """Go's strconv.ParseBool."""
    if text in ("1", "t", "T", "TRUE", "true", "True"):
        return True
    if text in ("0", "f", "F", "FALSE", "false", "False"):
        return False
    raise ValueError(f'strconv.ParseBool: parsing "{text}": invalid syntax')


def parse_int(text: str) -> int:
    """Go's strconv.ParseInt with base 0, 64 bits."""
    try:
        value = int(text, 0)
    except ValueError:
        if re.fullmatch(r"[+-]?0[0-7]+", text):
            return int(text, 8)
        raise ValueError(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None
    if not -(2**63) <= value < 2**63:
        raise ValueError(f'strconv.ParseInt: parsing "{text}": value out of range')
    return value


def parse_uint(text: str) -> int:
    """Go's strconv.ParseUint with base 0, 64 bits."""
    if text.isdecimal() and text.isascii():
        return parse_int(text)
    raise ValueError(f'strconv.ParseUint: parsing "{text}": invalid syntax')


def parse_float(text: str) -> float:
    """Go's strconv.ParseFloat."""
    try:
        return float(text)
    except ValueError:
        raise ValueError(f'strconv.ParseFloat: parsing "{text}": invalid syntax') from None


def parse_format(text: str) -> str:
    """`table`, `json` or `yaml`."""
    if text not in ("table", "json", "yaml"):
        raise ValueError("invalid format type")
    return text


def parse_wait(text: str) -> str:
    """Helm 4's wait strategies; `true` and `false` are read with a warning."""
    named = {"true": "watcher", "false": "hookOnly"}.get(text, text)
    if named != text:
        instead = "watcher" if text == "true" else "hookOnly"
        click.echo(f'level=WARN msg="--wait={text} is deprecated (boolean value) and can be replaced with --wait={instead}"', err=True)
    if named not in ("watcher", "hookOnly", "legacy"):
        raise ValueError(f'invalid wait input "{text}". Valid inputs are watcher, hookOnly, and legacy')
    return named


def split_csv(text: str) -> list[str]:
    """A comma list with CSV quoting, as pflag's stringSlice; empty text is an empty list."""
    return next(csv.reader(io.StringIO(text)), []) if text else []


def parse_pairs(text: str) -> dict[str, str]:
    """`a=1,b=2` as pflag's stringToString."""
    pairs = [text.strip('"')] if text.count("=") == 1 else split_csv(text)
    result = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise ValueError(f"{pair} must be formatted as key=value")
        result[key] = value
    return result


SCALARS: dict[str, Callable[[str], Any]] = {
    "bool": parse_bool,
    "string": str,
    "optional": str,
    "int": parse_int,
    "uint": parse_uint,
    "float32": parse_float,
    "duration": durations.parse,
    "format": parse_format,
    "wait": parse_wait,
}
MANY: dict[str, Callable[[str], Any]] = {"strings": split_csv, "stringArray": lambda text: [text], "stringToString": parse_pairs}
ZERO: dict[str, str] = {"bool": "false", "int": "0", "uint": "0", "string": "", "optional": "", "float32": "0"}


class Reader(click.ParamType[Any]):
    """Reads one value of a flag; wrong ones are worded as pflag words them."""

    def __init__(self, flag: Flag) -> None:
        self.flag = flag
        self.name = flag.kind
        self.read = SCALARS.get(flag.kind) or MANY[flag.kind]

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Raise `FlagError` for a value that the kind refuses."""
        if not isinstance(value, str):
            return value
        try:
            return self.read(value)
        except ValueError as error:
            raise FlagError(f'invalid argument "{value}" for "{self.flag.shown}" flag: {error}') from None


def gather(flag: Flag) -> Callable[[click.Context, click.Parameter, Any], Any]:
    """Joins the values of a repeatable flag: lists are appended, maps are laid over each other."""

    def join(_: click.Context, __: click.Parameter, values: Sequence[Any]) -> Any:
        if flag.kind == "stringToString":
            return {key: value for pairs in values for key, value in pairs.items()}
        return [item for items in values for item in items]

    return join


def option(flag: Flag) -> click.Option:
    """The click option of a flag; its parameter name has underscores."""
    names = [f"--{flag.name}", flag.name.replace("-", "_")] + ([f"-{flag.shorthand}"] if flag.shorthand else [])
    if flag.kind in MANY:
        return click.Option(names, type=Reader(flag), multiple=True, callback=gather(flag))
    return click.Option(names, type=Reader(flag), default=flag.default or ZERO.get(flag.kind, ""))


class FlagParsing(click.Command):
    """A command whose flags are read by pflag's rules."""

    flags: tuple[Flag, ...] = ()
    verb_name = ""
    helm_version = "4"
    used: list[str]
    """Long flags in the order they came."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Give bare flags their value first, then let click read; its errors get pflag's words, old flags a line each."""
        given = list(args)
        try:
            rest = super().parse_args(ctx, self.fill_bare(given))
        except click.NoSuchOption as error:
            raise FlagError(self.unknown(error.option_name, given)) from None
        except click.BadOptionUsage as error:
            name = error.option_name
            where = next((arg for arg in given if arg == name or (arg.startswith("-") and arg.endswith(name[1:]))), name)
            text = name if name.startswith("--") else f"'{name[1:]}' in {where}"
            raise FlagError(f"flag needs an argument: {text}") from None

        for name in dict.fromkeys(self.used):
            if text := deprecation(self.helm_version, self.verb_name, name):
                click.echo(f"Flag --{name} has been deprecated, {text}", err=True)
        return rest

    @staticmethod
    def unknown(name: str, given: Sequence[str]) -> str:
        """pflag's words for a flag that is not there."""
        if name.startswith("--"):
            return f"unknown flag: {name}"
        where = next((arg for arg in given if arg.startswith("-") and not arg.startswith("--") and name[1:] in arg), name)
        return f"unknown shorthand flag: '{name[1:]}' in {where[where.index(name[1:]) - 1 :] if len(where) > 2 else where}"

    def fill_bare(self, args: list[str]) -> list[str]:
        """`--wait` -> `--wait=true`, `-i` -> `--install=true`; what follows stays an argument of its own."""
        long = {f"--{flag.name}": flag for flag in self.flags}
        short = {flag.shorthand: flag for flag in self.flags if flag.shorthand}
        result: list[str] = []
        self.used = []
        rest = iter(args)
        for arg in rest:
            if arg == "--":
                return [*result, arg, *rest]
            if (name := arg.partition("=")[0]) in long:
                self.used.append(long[name].name)
            if arg in long:
                flag = long[arg]
                result.append(f"{arg}={flag.bare}" if flag.bare else arg)
                if not flag.bare:
                    result += [value for value in [next(rest, None)] if value is not None]
            elif arg.startswith("-") and not arg.startswith("--") and len(arg) > 1:
                result += self.fill_shorthands(arg, short, rest)
            else:
                result.append(arg)
        return result

    @staticmethod
    def fill_shorthands(arg: str, short: dict[str, Flag], rest: Iterator[str]) -> list[str]:
        """`-iq` is two switches, `-nfoo` and `-n=foo` a value, `-n foo` takes the next argument."""
        result: list[str] = []
        letters = arg[1:]
        while letters:
            flag = short.get(letters[0])
            if flag is None:
                if letters[0] == "h":
                    return [*result, "--help"]
                raise FlagError(f"unknown shorthand flag: '{letters[0]}' in -{letters}")
            letters = letters[1:]
            if letters.startswith("="):
                return [*result, f"--{flag.name}={letters[1:]}"]
            if flag.bare:
                result.append(f"--{flag.name}={flag.bare}")
                continue
            value = letters or next(rest, None)
            if value is None:
                raise FlagError(f"flag needs an argument: '{flag.shorthand}' in {arg}")
            return [*result, f"--{flag.name}={value}"]
        return result


def flags_of(command: str, version: str) -> tuple[Flag, ...]:
    """The flags of a command, global ones included."""
    return (*parse_table(COMMANDS[command], version), *parse_table(GLOBAL, version))
