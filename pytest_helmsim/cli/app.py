"""The tree of commands on click: names, words of usage errors, global flags. What a command does stands in its family's file."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, NoReturn

import click

from pytest_helmsim.cli.flag_tables import COMMANDS, EXCLUSIVE, FORCES, REPLACED
from pytest_helmsim.cli.flags import FlagError, FlagParsing, flags_of, option
from pytest_helmsim.objects.errors import HelmsimError

PROGRAM = "helmsim"
COLOURS = ("never", "auto", "always")
OWN_CERTIFICATES = ("repo add", "registry login")
"""Commands whose flags for certificates are read when they ask somebody."""
ORDER = (
    "create", "dependency", "pull", "show", "lint", "package", "repo", "search", "verify", "get", "history", "install", "list", "test",
    "rollback", "status", "template", "uninstall", "upgrade", "completion", "env", "plugin", "version", "registry", "push", "diff", "serve",
)  # fmt: skip
"""The commands as Helm adds them, which is how it suggests them."""
CHART_MODULES = ("charts", "repositories", "templates", "operations", "diff")


@dataclass(frozen=True, slots=True)
class Verb:
    """One command: its file (`module:function`), usage line, how many arguments it takes, and one line of help."""

    target: str
    usage: str
    arguments: str
    help: str
    aliases: tuple[str, ...] = ()
    arguments3: str = ""
    """Where Helm 3 takes another number."""
    only: str = ""
    """The one Helm that has it."""


VERBS: Mapping[str, Verb] = {
    "install": Verb("operations:install", "[NAME] [CHART]", "1+", "install a chart"),
    "upgrade": Verb("operations:upgrade", "[RELEASE] [CHART]", "2", "upgrade a release"),
    "rollback": Verb("operations:rollback", "<RELEASE> [REVISION]", "1+", "roll back a release to a previous revision"),
    "uninstall": Verb("operations:uninstall", "RELEASE_NAME [...]", "1+", "uninstall a release", ("un", "del", "delete")),
    "test": Verb("operations:test", "[RELEASE]", "1", "run the tests of a release"),
    "history": Verb("queries:history", "RELEASE_NAME", "1", "print the revisions of a release", ("hist",)),
    "status": Verb("queries:status", "RELEASE_NAME", "1", "print the state of a release"),
    "list": Verb("queries:list_releases", "", "0", "list releases", ("ls",)),
    "get all": Verb("queries:get_all", "RELEASE_NAME", "1", "everything about a release"),
    "get values": Verb("queries:get_values", "RELEASE_NAME", "1", "the values of a release"),
    "get manifest": Verb("queries:get_manifest", "RELEASE_NAME", "1", "the manifest of a release"),
    "get hooks": Verb("queries:get_hooks", "RELEASE_NAME", "1", "the hooks of a release"),
    "get notes": Verb("queries:get_notes", "RELEASE_NAME", "1", "the notes of a release"),
    "get metadata": Verb("queries:get_metadata", "RELEASE_NAME", "1", "name, chart, versions and dates of a release"),
    "template": Verb("templates:template", "[NAME] [CHART]", "1+", "render a chart and print the manifests"),
    "lint": Verb("charts:lint_charts", "PATH", "1+", "examine a chart for possible issues", arguments3="0+"),
    "show all": Verb("charts:show_all", "[CHART]", "1", "everything about a chart"),
    "show chart": Verb("charts:show_chart", "[CHART]", "1", "the Chart.yaml of a chart"),
    "show values": Verb("charts:show_values", "[CHART]", "1", "the default values of a chart"),
    "show readme": Verb("charts:show_readme", "[CHART]", "1", "the README of a chart"),
    "show crds": Verb("charts:show_crds", "[CHART]", "1", "the CRDs of a chart"),
    "package": Verb("charts:package_charts", "[CHART_PATH] [...]", "0+", "pack charts into archives"),
    "dependency list": Verb("charts:list_dependencies", "CHART", "0-1", "list the dependencies of a chart", ("ls",)),
    "dependency update": Verb("charts:update_dependencies", "CHART", "0-1", "fill charts/ from Chart.yaml and lock it", ("up",)),
    "dependency build": Verb("charts:build_dependencies", "CHART", "0-1", "fill charts/ from the lock"),
    "pull": Verb("repositories:pull", "[chart URL | repo/chartname] [...]", "1+", "download charts", ("fetch",)),
    "repo add": Verb("repositories:add", "[NAME] [URL]", "2", "add a chart repository"),
    "repo list": Verb("repositories:list_repositories", "", "0", "list chart repositories", ("ls",)),
    "repo remove": Verb("repositories:remove", "[REPO1 [REPO2 ...]]", "1+", "remove chart repositories", ("rm",)),
    "repo index": Verb("repositories:index", "[DIR]", "1", "write the index of a folder of packed charts"),
    "repo update": Verb("repositories:update", "[REPO1 [REPO2 ...]]", "0+", "download the indexes of chart repositories", ("up",)),
    "search repo": Verb("repositories:search", "[keyword]", "0+", "search the known repositories for charts"),
    "search hub": Verb("about:search_hub", "[KEYWORD]", "0+", "refused: Artifact Hub is on the internet"),
    "create": Verb("about:create", "NAME", "1", "make a new chart"),
    "env": Verb("about:environment", "", "0-1", "print the settings that count"),
    "version": Verb("about:version", "", "0", "which Helm this behaves as"),
    "completion bash": Verb("about:completion_bash", "", "0", "completion of commands and flags in bash"),
    "completion fish": Verb("about:completion_fish", "", "0", "completion of commands and flags in fish"),
    "completion powershell": Verb("about:completion_powershell", "", "0", "completion of commands and flags in PowerShell"),
    "completion zsh": Verb("about:completion_zsh", "", "0", "completion of commands and flags in zsh"),
    "plugin install": Verb("about:plugin", "[options] <path|url>", "1", "refused: there are no plugins", ("add",)),
    "plugin list": Verb("about:plugin", "", "0+", "refused: there are no plugins", ("ls",)),
    "plugin package": Verb("about:plugin", "[PATH]", "1", "refused: there are no plugins", only="4"),
    "plugin uninstall": Verb("about:plugin", "<plugin>...", "0+", "refused: there are no plugins", ("rm", "remove")),
    "plugin update": Verb("about:plugin", "<plugin>...", "0+", "refused: there are no plugins", ("up",)),
    "plugin verify": Verb("about:plugin", "[PATH]", "1", "refused: there are no plugins", only="4"),
    "push": Verb("registries:push", "[chart] [remote]", "2+", "upload a chart to a registry"),
    "registry login": Verb("registries:login", "[host]", "1+", "remember the credentials of a registry"),
    "registry logout": Verb("registries:logout", "[host]", "1+", "forget the credentials of a registry", arguments3="1+"),
    "verify": Verb("charts:verify", "PATH", "1", "check the signature of a packed chart"),
    "diff upgrade": Verb("diff:upgrade", "[RELEASE] [CHART]", "2", "what an upgrade would change"),
    "diff rollback": Verb("diff:rollback", "<RELEASE> [REVISION]", "1+", "what a rollback would change"),
    "diff revision": Verb("diff:revision", "<RELEASE> REVISION [REVISION]", "2+", "two revisions of a release"),
    "diff release": Verb("diff:release", "RELEASE RELEASE", "2", "two releases"),
    "serve": Verb("serve:serve", "", "0", "serve the embedded cluster to kubectl, helm or anything else"),
}
GROUPS = {
    "diff": "what an operation would change",
    "get": "print parts of a release",
    "show": "print parts of a chart",
    "dependency": "the dependencies of a chart",
    "repo": "chart repositories",
    "search": "search for charts",
    "completion": "completion of commands and flags in a shell",
    "plugin": "plugins of Helm, which are refused",
    "registry": "credentials of registries",
}
GROUP_ALIASES = {"dep": "dependency", "dependencies": "dependency", "inspect": "show"}


class UsageFailure(click.ClickException):
    """Wrong words on the command line, as cobra says it."""


class VerbCommand(FlagParsing):
    """One verb; it calls `run(arguments, options, version)` of its file."""

    def __init__(self, name: str, verb: Verb, version: str) -> None:
        self.flags = flags_of(name, version)
        self.verb = verb
        self.path = f"{PROGRAM} {name}"
        self.verb_name = name
        self.helm_version = version
        params: list[click.Parameter] = [option(flag) for flag in self.flags]
        params.append(click.Argument(["arguments"], nargs=-1))
        super().__init__(name.rpartition(" ")[2], params=params, callback=self.run, help=verb.help, short_help=verb.help)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """As cobra prints it: arguments first, flags last."""
        return [*self.verb.usage.split(), "[flags]"]

    def run(self, arguments: Sequence[str], **options: Any) -> int | None:
        """Check the number of arguments, fill global flags from the environment, call the verb."""
        self.check(arguments)
        context = click.get_current_context()
        for name, value in (context.find_root().params or {}).items():
            if name in options and context.get_parameter_source(name) is click.core.ParameterSource.DEFAULT:
                options[name] = value
        options["given"] = {
            name for name in options if context.get_parameter_source(name) not in (click.core.ParameterSource.DEFAULT, None)
        }
        self.check_groups(options["given"])
        for (version, old), new in REPLACED.items():
            if version == self.helm_version and options.get(old.replace("-", "_")) and old in options["given"]:
                options[new.replace("-", "_")] = True
        if not options["debug"] and "debug" not in options["given"]:
            options["debug"] = truthy(os.environ.get("HELM_DEBUG", ""))
        self.check_settings(Options(options, self.helm_version))
        module, _, function = self.verb.target.partition(":")
        run: Callable[..., int | None] = getattr(importlib.import_module(f"pytest_helmsim.cli.{module}"), function)
        with self.logging(module):
            return run(list(arguments), Options(options, self.helm_version))

    def check_groups(self, given: Collection[str]) -> None:
        """Raise `UsageFailure` for flags that exclude each other, as cobra says it."""
        if self.helm_version != "4":
            return
        names = {name.replace("_", "-") for name in given}
        for group in sorted((*EXCLUSIVE.get(self.verb_name, ()), *FORCES), key=" ".join):
            if names.issuperset(group):
                given_words = f"[{' '.join(sorted(group))}] were all set"
                raise UsageFailure(f"if any flags in the group [{' '.join(group)}] are set none of the others can be; {given_words}")

    def check_settings(self, options: Options) -> None:
        """What is looked at before a command does anything: the mode of colours, and files of certificates."""
        wrong = [each for each in (options.color, options.colour) if each not in COLOURS] if options.is_helm4 else []
        if wrong:
            why = f'invalid color mode \\"{wrong[0]}\\": must be one of: {", ".join(COLOURS)}'
            click.echo(f'level=WARN msg="command failed" error="{why}"', err=True)
            click.get_current_context().exit(1)
        if "ca_file" not in options or self.verb_name in OWN_CERTIFICATES:
            return
        if options.ca_file or (options.cert_file and options.key_file):
            from pytest_helmsim.chart import certificates
            from pytest_helmsim.cli import arguments

            certificates.check(arguments.access_of(options), arguments.flavour_of(options))

    def logging(self, module: str) -> AbstractContextManager[None]:
        """Verbs without a cluster have nobody else who prints what charts log."""
        if module not in CHART_MODULES:
            return nullcontext()
        from pytest_helmsim.cli import loglines

        return loglines.shown(is_helm4=self.helm_version == "4")

    def check(self, arguments: Sequence[str]) -> None:
        """Raise `UsageFailure` for too few or too many arguments."""
        count, rule = len(arguments), (self.helm_version == "3" and self.verb.arguments3) or self.verb.arguments
        least = int(rule[0])
        most = int(rule[2]) if "-" in rule else least
        if count >= least and (rule.endswith("+") or count <= most):
            return
        if rule == "0":
            wanted = "accepts no arguments"
        elif "-" in rule:
            wanted = f"accepts at most {most} argument{'' if most == 1 else 's'}"
        else:
            wanted = f"requires {'at least ' if rule.endswith('+') else ''}{least} argument{'' if least == 1 else 's'}"
        usage = f"{self.path} {self.verb.usage}".rstrip()
        raise UsageFailure(f'"{self.path}" {wanted}\n\nUsage:  {usage} [flags]')


class Options(dict[str, Any]):
    """The flags of one call, by attribute; `given` has the names that stood on the command line."""

    def __init__(self, values: Mapping[str, Any], version: str) -> None:
        super().__init__(values)
        self.helm_version = version

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def is_helm4(self) -> bool:
        """Whose rules and words are asked for."""
        return self.helm_version == "4"


class VerbGroup(click.Group):
    """A group whose unknown command is worded as cobra words it. Its verbs are made when they are asked for."""

    def __init__(self, path: str, *, version: str, strict: bool, **settings: Any) -> None:
        super().__init__(path.rpartition(" ")[2], **settings)
        self.path = path
        self.strict = strict
        self.helm_version = version
        self.alias: dict[str, str] = {}
        self.verbs: dict[str, str] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Those that are made, and those that are not yet."""
        return sorted({*super().list_commands(ctx), *self.verbs})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """By name or alias."""
        name = self.alias.get(cmd_name, cmd_name)
        if name in self.verbs and name not in self.commands:
            full = self.verbs[name]
            self.add_command(VerbCommand(full, VERBS[full], self.helm_version), name)
        return super().get_command(ctx, name)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Raise `UsageFailure` for a name that is no command; below the program itself, help is all that happens."""
        if self.get_command(ctx, args[0]) is None:
            if not self.strict:
                click.echo(self.get_help(ctx))
                ctx.exit(0)
            names = "".join(f"\t{name}\n" for name in suggestions(args[0]))
            meant = f"\n\nDid you mean this?\n{names}\n" if names else "\n"
            raise UsageFailure(f'unknown command "{args[0]}" for "{self.path}"{meant}Run \'{self.path} --help\' for usage.')
        return super().resolve_command(ctx, args)


class RootGroup(VerbGroup, FlagParsing):
    """The program itself, with the global flags before the verb."""

    def fill_bare(self, args: list[str]) -> list[str]:
        """Only up to the verb; what follows is read by the verb's own flags."""
        taking = {f"--{flag.name}" for flag in self.flags if not flag.bare} | {
            f"-{flag.shorthand}" for flag in self.flags if flag.shorthand
        }
        end = 0
        while end < len(args) and args[end].startswith("-"):
            end += 2 if args[end] in taking else 1
        return super().fill_bare(args[:end]) + args[end:]


def build(version: str) -> VerbGroup:
    """The commands as Helm `version` (`3` or `4`) has them."""
    from pytest_helmsim.cli.flag_tables import GLOBAL
    from pytest_helmsim.cli.flags import parse_table

    root = RootGroup(PROGRAM, version=version, strict=True, help="Helm's verbs, and a cluster to try them on.")
    root.flags = tuple(parse_table(GLOBAL, version))
    root.params += [option(flag) for flag in root.flags]
    root.alias.update(GROUP_ALIASES)
    groups: dict[str, VerbGroup] = {}
    for name, verb in VERBS.items():
        if name not in COMMANDS:
            raise KeyError(name)
        if verb.only not in ("", version):
            continue
        head, _, tail = name.rpartition(" ")
        parent: VerbGroup = root
        if head:
            if head not in groups:
                groups[head] = VerbGroup(f"{PROGRAM} {head}", version=version, strict=False, help=GROUPS[head])
                root.add_command(groups[head], head)
            parent = groups[head]
        parent.verbs[tail] = name
        parent.alias.update(dict.fromkeys(verb.aliases, tail))
    return root


def truthy(text: str) -> bool:
    """A boolean of the environment; what Go would not read is false."""
    return text in ("1", "t", "T", "TRUE", "true", "True")


def suggestions(word: str) -> list[str]:
    """Commands that begin with the word or are at most two changes away from it."""
    return [name for name in ORDER if name.startswith(word.lower()) or distance(word.lower(), name) <= 2]


def distance(one: str, other: str) -> int:
    """Levenshtein's."""
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        left, row[0] = row[0], number
        for place, each in enumerate(other, 1):
            left, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, left + (letter != each))
    return row[-1]


def as_help(words: Sequence[str], root: VerbGroup) -> list[str]:
    """`help install` as `install --help`; a topic that is not there is said, and gives the program's own help. Flags stay to be refused."""
    path: list[str] = []
    group: click.Command = root
    context = click.Context(root)
    for word in [word for word in words if not word.startswith("-")]:
        found = group.get_command(context, word) if isinstance(group, click.Group) else None
        if found is None:
            if not path:
                click.echo(f"Unknown help topic [`{word}`]", err=True)
            break
        path.append(word)
        group = found
    flags = [word for word in words if word.startswith("-")]
    if flags and not path:
        return flags
    return [*path, *flags, "--help"]


def take_version(arguments: Sequence[str]) -> tuple[str, list[str]]:
    """Our own flag `--helm-version 3|4`, anywhere before `--`; else HELMSIM_HELM; else 4."""
    version, rest = os.environ.get("HELMSIM_HELM") or "4", []
    items = iter(arguments)
    for item in items:
        if item == "--":
            rest += [item, *items]
        elif item == "--helm-version":
            version = next(items, "")
        elif item.startswith("--helm-version="):
            version = item.partition("=")[2]
        else:
            rest.append(item)
    if version not in ("3", "4"):
        raise FlagError(f'invalid argument "{version}" for "--helm-version" flag: must be 3 or 4')
    return version, rest


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command; exit 0, or 1 with `Error: …` on standard error."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """The exit status of one command."""
    try:
        version, rest = take_version(arguments)
        root = build(version)
        if rest[:1] == ["help"]:
            rest = as_help(rest[1:], root)
        result = root.main(rest or ["--help"], prog_name=PROGRAM, standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 0
    except click.ClickException as error:
        click.echo(f"Error: {error.format_message()}", err=True)
        return 1
    except click.exceptions.Exit as error:
        return int(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        return 130
    except HelmsimError as error:
        click.echo(f"Error: {error}", err=True)
        return 1
    return int(result or 0) if isinstance(result, int) else 0
