"""What one call may cost at most, and the size of its result.

Sources: github.com/google/cel-go checker/cost.go (functionCost), ext/lists.go, k8s.io/apiserver pkg/cel/library/cost.go.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pytest_helmsim.schema.cel import types
from pytest_helmsim.schema.cel.cost import LIST, MAX, PATTERN, STRINGS, TRAVERSAL, UNKNOWN, Coster, Entry, Size, add, multiply, scaled
from pytest_helmsim.schema.cel.nodes import Node

_CHECK = 350_000
_FORMAT_PATTERN = 128
_FORMAT_SIZE = 64
_ADDRESS = Size(4, 16)
Estimate = tuple[int, Size | None]


@dataclass(frozen=True, slots=True)
class Call:
    """A call with one of its overloads; sizes are those that its arguments had when they were looked at."""

    coster: Coster
    node: Node
    overload: str
    holder: Node | None
    arguments: tuple[Node, ...]
    costs: tuple[int, ...]
    sizes: tuple[Size | None, ...]

    @property
    def name(self) -> str:
        """The function."""
        return self.node.name

    @property
    def held(self) -> Size:
        """The size of the holder."""
        return UNKNOWN if self.holder is None else self.coster.known_size(self.holder)

    def size(self, index: int) -> Size:
        """The size of an argument."""
        return self.sizes[index] or UNKNOWN

    @property
    def paid(self) -> int:
        """What the arguments cost."""
        total = 0
        for cost in self.costs:
            total = add(total, cost)
        return total


def call_estimate(call: Call) -> Estimate:
    """The greatest cost of a call with its arguments, and the size of its result if known."""
    own = _LISTS.get(call.overload) or (_sorting if call.overload.endswith(("_sort", "_sortByAssociatedKeys")) else None)
    found = own(call) if own is not None else None
    if found is None:
        known = _KUBERNETES.get(call.name)
        found = known(call) if known is not None else None
    if found is not None:
        return add(found[0], call.paid), found[1]
    standard = _STANDARD.get(call.overload)
    found = standard(call) if standard is not None else None
    return found if found is not None else (add(1, call.paid), None)


# --- what Kubernetes adds


def _fixed(cost: int) -> Callable[[Call], Estimate]:
    return lambda call: (cost, None)


def _selector(call: Call) -> Estimate | None:
    if len(call.arguments) != 1:
        return None
    size = call.size(0).most
    return add(add(LIST, scaled(size, TRAVERSAL)), scaled(scaled(size, 0.5), 50.0)), None


def _listed(call: Call) -> Estimate | None:
    if call.holder is None:
        return None
    size = call.held.most
    kind, item = call.coster.item_size(call.holder)
    if kind is None:
        return scaled(size, TRAVERSAL), None
    each = 1
    if kind in STRINGS:
        each = add(each, scaled(item.most, TRAVERSAL))
    return multiply(size, each), None


def _of_argument(call: Call, *, result: bool = False, factor: float = TRAVERSAL) -> Estimate | None:
    if not call.arguments:
        return None
    size = call.size(0)
    return scaled(size.most, factor), size if result else None


def _of_holder(call: Call) -> Estimate | None:
    return None if call.holder is None else (scaled(call.held.most, TRAVERSAL), call.held)


def _replace(call: Call) -> Estimate | None:
    if call.holder is None or len(call.arguments) < 2:
        return None
    size, old, new = call.held, call.size(0), call.size(1)
    count_most = kept_most = count_least = kept_least = 0
    if old.least == 0:
        count_most, kept_most = min(size.most + 1, MAX), size.most
    elif new.most <= old.least:
        kept_most = size.most
    else:
        count_most = -int(-float(size.most) // float(old.least))
    if old.most == 0:
        count_least, kept_least = min(size.least + 1, MAX), size.least
    elif old.most <= new.least:
        kept_least = size.least
    else:
        count_least = -int(-float(size.least) // float(old.most))
    result = Size(count_least, count_most).times(new).plus(Size(kept_least, kept_most))
    return scaled(size.most, 2 * TRAVERSAL), result


def _split(call: Call) -> Estimate | None:
    if call.holder is None:
        return None
    size = call.held
    most = size.most
    if len(call.arguments) > 1 and call.arguments[1].kind == "literal" and isinstance(call.arguments[1].value, int):
        most = call.arguments[1].value % 2**64
    return scaled(size.most, 2 * TRAVERSAL), Size(0, most)


def _join(call: Call) -> Estimate | None:
    if call.holder is None:
        return None
    held = call.held
    kind, item = call.coster.item_size(call.holder)
    size = held.times(item) if kind is not None else Size(0, 0)
    if call.arguments:
        size = size.plus(call.size(0).times(Size(max(held.least - 1, 0), max(held.most - 1, 0))))
    return scaled(size.most, TRAVERSAL), size


def _find(call: Call) -> Estimate | None:
    if call.holder is None or not call.arguments:
        return None
    size = call.held
    text = scaled(add(size.most, 1), TRAVERSAL)
    return multiply(text, scaled(call.size(0).most, PATTERN)), Size(0, size.most)


def _ip(call: Call) -> Estimate | None:
    return (1, None) if call.overload == "cidr_ip" else _of_argument(call)


def _contains_ip(call: Call) -> Estimate | None:
    if not call.arguments:
        return None
    cost = scaled(2 * _ADDRESS.most, TRAVERSAL)
    if call.overload == "cidr_contains_ip_string":
        cost = add(cost, scaled(call.size(0).most, TRAVERSAL))
    return cost, None


def _contains_cidr(call: Call) -> Estimate | None:
    if not call.arguments:
        return None
    cost = scaled(2 * _ADDRESS.most, TRAVERSAL) + scaled(_ADDRESS.most, TRAVERSAL) + 1
    if call.overload == "cidr_contains_cidr_string":
        cost = add(cost, scaled(call.size(0).most, TRAVERSAL))
    return cost, None


def _validate(call: Call) -> Estimate | None:
    if not call.arguments:
        return None
    return scaled(scaled(call.size(0).most, TRAVERSAL), _FORMAT_PATTERN * PATTERN), None


def _equals(call: Call) -> Estimate | None:
    if len(call.arguments) != 2:
        return None
    left, right = (argument.type for argument in call.arguments)
    if left is None or left != right:
        return None
    if left in (types.IP, types.CIDR, types.QUANTITY, types.SEMVER, types.AUTHORIZER, types.PATH_CHECK, types.GROUP_CHECK):
        return 1, None
    if left in (types.RESOURCE_CHECK, types.DECISION):
        return 1, None
    if left == types.FORMAT:
        return scaled(_FORMAT_SIZE, TRAVERSAL), None
    if left == types.URL:
        size = call.sizes[1]
        return scaled(size.most if size else 1, TRAVERSAL), None
    return None


_KUBERNETES: dict[str, Callable[[Call], Estimate | None]] = {
    "check": _fixed(_CHECK),
    **dict.fromkeys(
        (
            "serviceAccount", "path", "group", "resource", "subresource", "namespace", "name", "allowed", "reason", "error", "errored",
        ),
        _fixed(1),
    ),
    **dict.fromkeys(("fieldSelector", "labelSelector"), _selector),
    **dict.fromkeys(("isSorted", "sum", "max", "min", "indexOf", "lastIndexOf"), _listed),
    **dict.fromkeys(("url", "jsonpatch.escapeKey"), lambda call: _of_argument(call, result=True)),
    **dict.fromkeys(("lowerAscii", "upperAscii", "substring", "trim"), _of_holder),
    "replace": _replace,
    "split": _split,
    "join": _join,
    "find": _find,
    "findAll": _find,
    **dict.fromkeys(("cidr", "isIP", "isCIDR", "quantity", "isQuantity", "semver", "isSemver"), _of_argument),
    "ip": _ip,
    "ip.isCanonical": lambda call: _of_argument(call, factor=2 * TRAVERSAL),
    **dict.fromkeys(
        (
            "masked", "prefixLength", "family", "isUnspecified", "isLoopback", "isLinkLocalMulticast", "isLinkLocalUnicast",
            "isGlobalUnicast",
        ),
        _fixed(1),
    ),
    "containsIP": _contains_ip,
    "containsCIDR": _contains_cidr,
    "validate": _validate,
    **dict.fromkeys(
        (
            "format.named", "sign", "asInteger", "isInteger", "asApproximateFloat", "isGreaterThan", "isLessThan", "compareTo", "add",
            "sub", "major", "minor", "patch", "getScheme", "getHostname", "getHost", "getPort", "getEscapedPath", "getQuery",
        ),
        _fixed(1),
    ),
    "_==_": _equals,
}  # fmt: skip


# --- lists


def _number(node: Node, otherwise: int) -> int:
    if node.kind != "literal" or isinstance(node.value, bool) or not isinstance(node.value, int) or node.name == "uint":
        return otherwise
    return max(node.value, 0)


def _allocating(factor: float, size: Size) -> Estimate:
    return add(scaled(size.most, factor), 1 + LIST), size


def _slice(call: Call) -> Estimate | None:
    if call.holder is None or len(call.arguments) != 2:
        return None
    count = (_number(call.arguments[1], call.held.most) - _number(call.arguments[0], 0)) % 2**64
    return _allocating(1, Size(count, count))


def _range(call: Call) -> Estimate | None:
    count = _number(call.arguments[0], MAX)
    return _allocating(1, Size(count, count))


def _flatten(call: Call) -> Estimate | None:
    depth = _number(call.arguments[0], MAX) if call.arguments else 1
    return _allocating(float(depth), call.held)


def _sorting(call: Call) -> Estimate | None:
    size = call.size(0) if call.arguments else call.held
    texts = "_string_" in call.overload or "_bytes_" in call.overload
    return _allocating(2.0 + TRAVERSAL if texts else 2.0, size.times(size))


def _sets(factor: float) -> Callable[[Call], Estimate | None]:
    def cost(call: Call) -> Estimate | None:
        return add(scaled(multiply(call.size(0).most, call.size(1).most), factor), 1), None

    return cost


_LISTS: dict[str, Callable[[Call], Estimate | None]] = {
    "list_sets_contains_list": _sets(1),
    "list_sets_intersects_list": _sets(1),
    "list_sets_equivalent_list": _sets(2),
    "list_slice": _slice,
    "lists_range": _range,
    "list_reverse": lambda call: _allocating(1, call.held),
    "list_flatten": _flatten,
    "list_flatten_int": _flatten,
    "list_distinct": lambda call: _allocating(2.0, call.held.times(call.held)),
}


# --- the language itself; these count their arguments themselves


def _bytes(call: Call) -> Estimate:
    size = call.size(0)
    return add(scaled(size.most, TRAVERSAL), call.paid), Size(size.least, size.most * 4 % 2**64)


def _text(call: Call) -> Estimate:
    size = call.size(0)
    return add(scaled(size.most, TRAVERSAL), call.paid), Size(size.least // 4, size.most)


def _quote(call: Call) -> Estimate:
    size = call.size(0)
    return add(scaled(size.most, TRAVERSAL), call.paid), Size(size.least + 2, (size.most * 2 + 2) % 2**64)


def _starts(call: Call) -> Estimate:
    return add(scaled(call.size(0).most, TRAVERSAL), call.paid), None


def _matches(call: Call) -> Estimate:
    text = scaled(add(call.held.most, 1), TRAVERSAL)
    return add(multiply(text, scaled(call.size(0).most, PATTERN)), call.paid), None


def _contains(call: Call) -> Estimate:
    return add(multiply(scaled(call.held.most, TRAVERSAL), scaled(call.size(0).most, TRAVERSAL)), call.paid), None


def _conditional(call: Call) -> Estimate:
    yes, no = call.arguments[1], call.arguments[2]
    entry = call.coster.entry(yes)
    call.coster.set_entry(call.node, entry.union(call.coster.entry(no)) if entry else None)
    return add(call.costs[0], max(call.costs[1], call.costs[2])), call.size(1).union(call.size(2))


def _add(call: Call) -> Estimate:
    result = call.size(0).plus(call.size(1))
    left: Entry | None = call.coster.entry(call.arguments[0])
    call.coster.set_entry(call.node, left.union(call.coster.entry(call.arguments[1])) if left else None)
    own = 1 if call.overload == "add_list" else scaled(result.most, TRAVERSAL)
    return add(own, call.paid), result


def _least(call: Call) -> Estimate:
    return add(scaled(min(call.size(0).most, call.size(1).most), TRAVERSAL), call.paid), None


_STANDARD: dict[str, Callable[[Call], Estimate]] = {
    "string_format": lambda call: (add(scaled(call.held.most, TRAVERSAL), call.paid), None),
    "string_to_bytes": _bytes,
    "bytes_to_string": _text,
    "strings_quote": _quote,
    "starts_with_string": _starts,
    "ends_with_string": _starts,
    "in_list": lambda call: (add(scaled(call.size(1).most, 1), call.paid), None),
    "matches_string": _matches,
    "contains_string": _contains,
    "logical_or": lambda call: (call.paid, None),
    "logical_and": lambda call: (call.paid, None),
    "conditional": _conditional,
    "add_string": _add,
    "add_bytes": _add,
    "add_list": _add,
    "equals": _least,
    "not_equals": _least,
    **{f"{word}_{kind}": _least for word in ("less", "less_equals", "greater", "greater_equals") for kind in ("string", "bytes")},
}
