"""Functions and their overloads, in the order in which the real checker tries them.

A line is an overload: its id, its arguments (the first with a dot behind it is the holder), its result. Capital letters are types to be
found out. Sources: github.com/google/cel-go common/stdlib/standard.go, cel/library.go, ext/{strings,sets,lists,comprehensions}.go,
k8s.io/apiserver pkg/cel/library.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from pytest_helmsim.schema.cel import types
from pytest_helmsim.schema.cel.types import Type

_NAMES: dict[str, Type] = {
    "bool": types.BOOL, "bytes": types.BYTES, "double": types.DOUBLE, "int": types.INT, "string": types.STRING, "uint": types.UINT,
    "dyn": types.DYN, "duration": types.DURATION, "timestamp": types.TIMESTAMP, "ip": types.IP, "cidr": types.CIDR,
    "quantity": types.QUANTITY, "url": types.URL, "semver": types.SEMVER, "format": types.FORMAT, "authorizer": types.AUTHORIZER,
    "pathcheck": types.PATH_CHECK, "groupcheck": types.GROUP_CHECK, "resourcecheck": types.RESOURCE_CHECK, "decision": types.DECISION,
}  # fmt: skip
_ORDERED = (
    "bool", "int64", "int64_double", "int64_uint64", "uint64", "uint64_double", "uint64_int64", "double", "double_int64",
    "double_uint64", "string", "bytes", "timestamp", "duration",
)  # fmt: skip
_COMPARABLE = ("int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes")
_TIME_PARTS = (
    ("getFullYear", "year"), ("getMonth", "month"), ("getDayOfYear", "day_of_year"), ("getDayOfMonth", "day_of_month"),
    ("getDate", "day_of_month_1_based"), ("getDayOfWeek", "day_of_week"), ("getHours", "hours"), ("getMinutes", "minutes"),
    ("getSeconds", "seconds"), ("getMilliseconds", "milliseconds"),
)  # fmt: skip
FORMATS = (
    "dns1123Label", "dns1123Subdomain", "dns1035Label", "qualifiedName", "dns1123LabelPrefix", "dns1123SubdomainPrefix",
    "dns1035LabelPrefix", "labelValue", "uri", "uuid", "byte", "date", "datetime",
)  # fmt: skip
"""Names of the formats that `format.…()` knows."""

_STANDARD = """
_?_:_
  conditional bool A A -> A
_&&_
  logical_and bool bool -> bool
_||_
  logical_or bool bool -> bool
!_
  logical_not bool -> bool
@not_strictly_false
  not_strictly_false bool -> bool
_==_
  equals A A -> bool
_!=_
  not_equals A A -> bool
_+_
  add_bytes bytes bytes -> bytes
  add_double double double -> double
  add_duration_duration duration duration -> duration
  add_duration_timestamp duration timestamp -> timestamp
  add_timestamp_duration timestamp duration -> timestamp
  add_int64 int int -> int
  add_list list<A> list<A> -> list<A>
  add_string string string -> string
  add_uint64 uint uint -> uint
_/_
  divide_double double double -> double
  divide_int64 int int -> int
  divide_uint64 uint uint -> uint
_%_
  modulo_int64 int int -> int
  modulo_uint64 uint uint -> uint
_*_
  multiply_double double double -> double
  multiply_int64 int int -> int
  multiply_uint64 uint uint -> uint
-_
  negate_double double -> double
  negate_int64 int -> int
_-_
  subtract_double double double -> double
  subtract_duration_duration duration duration -> duration
  subtract_int64 int int -> int
  subtract_timestamp_duration timestamp duration -> timestamp
  subtract_timestamp_timestamp timestamp timestamp -> duration
  subtract_uint64 uint uint -> uint
_[_]
  index_list list<A> int -> A
  index_map map<A,B> A -> B
  optional_list_index_int opt<list<V>> int -> opt<V>
  optional_map_index_value opt<map<K,V>> K -> opt<V>
@in
  in_list A list<A> -> bool
  in_map A map<A,B> -> bool
size
  size_bytes bytes -> int
  bytes_size bytes. -> int
  size_list list<A> -> int
  list_size list<A>. -> int
  size_map map<A,B> -> int
  map_size map<A,B>. -> int
  size_string string -> int
  string_size string. -> int
type
  type A -> type<A>
bool
  bool_to_bool bool -> bool
  string_to_bool string -> bool
bytes
  bytes_to_bytes bytes -> bytes
  string_to_bytes string -> bytes
double
  double_to_double double -> double
  int64_to_double int -> double
  string_to_double string -> double
  uint64_to_double uint -> double
duration
  duration_to_duration duration -> duration
  int64_to_duration int -> duration
  string_to_duration string -> duration
dyn
  to_dyn A -> dyn
int
  int64_to_int64 int -> int
  double_to_int64 double -> int
  duration_to_int64 duration -> int
  string_to_int64 string -> int
  timestamp_to_int64 timestamp -> int
  uint64_to_int64 uint -> int
string
  string_to_string string -> string
  bool_to_string bool -> string
  bytes_to_string bytes -> string
  double_to_string double -> string
  duration_to_string duration -> string
  int64_to_string int -> string
  timestamp_to_string timestamp -> string
  uint64_to_string uint -> string
  ip_to_string ip -> string
  cidr_to_string cidr -> string
timestamp
  timestamp_to_timestamp timestamp -> timestamp
  int64_to_timestamp int -> timestamp
  string_to_timestamp string -> timestamp
uint
  uint64_to_uint64 uint -> uint
  double_to_uint64 double -> uint
  int64_to_uint64 int -> uint
  string_to_uint64 string -> uint
contains
  contains_string string. string -> bool
endsWith
  ends_with_string string. string -> bool
startsWith
  starts_with_string string. string -> bool
matches
  matches string string -> bool
  matches_string string. string -> bool
"""
_EXTENSIONS = """
optional.of
  optional_of V -> opt<V>
optional.ofNonZeroValue
  optional_ofNonZeroValue V -> opt<V>
optional.none
  optional_none -> opt<V>
optional.unwrap
  optional_unwrap list<opt<V>> -> list<V>
unwrapOpt
  optional_unwrapOpt list<opt<V>>. -> list<V>
value
  optional_value opt<V>. -> V
hasValue
  optional_hasValue opt<V>. -> bool
or
  optional_or_optional opt<V>. opt<V> -> opt<V>
orValue
  optional_orValue_value opt<V>. V -> V
_?._
  select_optional_field dyn string -> opt<V>
_[?_]
  list_optindex_optional_int list<V> int -> opt<V>
  optional_list_optindex_optional_int opt<list<V>> int -> opt<V>
  map_optindex_optional_value map<K,V> K -> opt<V>
  optional_map_optindex_optional_value opt<map<K,V>> K -> opt<V>
first
  list_first list<V>. -> opt<V>
last
  list_last list<V>. -> opt<V>
charAt
  string_char_at_int string. int -> string
indexOf
  string_index_of_string string. string -> int
  string_index_of_string_int string. string int -> int
  list_a_index_of_int list<A>. A -> int
lastIndexOf
  string_last_index_of_string string. string -> int
  string_last_index_of_string_int string. string int -> int
  list_a_last_index_of_int list<A>. A -> int
lowerAscii
  string_lower_ascii string. -> string
upperAscii
  string_upper_ascii string. -> string
replace
  string_replace_string_string string. string string -> string
  string_replace_string_string_int string. string string int -> string
split
  string_split_string string. string -> list<string>
  string_split_string_int string. string int -> list<string>
substring
  string_substring_int string. int -> string
  string_substring_int_int string. int int -> string
trim
  string_trim string. -> string
format
  string_format string. list<dyn> -> string
strings.quote
  strings_quote string -> string
join
  list_join list<string>. -> string
  list_join_string list<string>. string -> string
sets.contains
  list_sets_contains_list list<T> list<T> -> bool
sets.equivalent
  list_sets_equivalent_list list<T> list<T> -> bool
sets.intersects
  list_sets_intersects_list list<T> list<T> -> bool
slice
  list_slice list<T>. int int -> list<T>
flatten
  list_flatten list<list<T>>. -> list<T>
  list_flatten_int list<dyn>. int -> list<dyn>
lists.range
  lists_range int -> list<int>
reverse
  list_reverse list<T>. -> list<T>
distinct
  list_distinct list<T>. -> list<T>
cel.@mapInsert
  @mapInsert_map_key_value map<K,V> K V -> map<K,V>
  @mapInsert_map_map map<K,V> map<K,V> -> map<K,V>
"""
_KUBERNETES = """
isSorted
  {int uint double bool duration timestamp string bytes|list_{}_is_sorted_bool list<{}>. -> bool}
sum
  {int uint double duration|list_{}_sum_{} list<{}>. -> {}}
max
  {int uint double bool duration timestamp string bytes|list_{}_max_{} list<{}>. -> {}}
min
  {int uint double bool duration timestamp string bytes|list_{}_min_{} list<{}>. -> {}}
find
  string_find_string string. string -> string
findAll
  string_find_all_string string. string -> list<string>
  string_find_all_string_int string. string int -> list<string>
url
  string_to_url string -> url
isURL
  is_url_string string -> bool
getScheme
  url_get_scheme url. -> string
getHost
  url_get_host url. -> string
getHostname
  url_get_hostname url. -> string
getPort
  url_get_port url. -> string
getEscapedPath
  url_get_escaped_path url. -> string
getQuery
  url_get_query url. -> map<string,list<string>>
quantity
  string_to_quantity string -> quantity
isQuantity
  is_quantity_string string -> bool
sign
  quantity_sign quantity -> int
isGreaterThan
  quantity_is_greater_than quantity. quantity -> bool
  semver_is_greater_than semver. semver -> bool
isLessThan
  quantity_is_less_than quantity. quantity -> bool
  semver_is_less_than semver. semver -> bool
compareTo
  quantity_compare_to quantity. quantity -> int
  semver_compare_to semver. semver -> int
asApproximateFloat
  quantity_get_float quantity. -> double
asInteger
  quantity_get_int quantity. -> int
isInteger
  quantity_is_integer quantity. -> bool
add
  quantity_add quantity. quantity -> quantity
  quantity_add_int quantity. int -> quantity
sub
  quantity_sub quantity. quantity -> quantity
  quantity_sub_int quantity. int -> quantity
ip
  string_to_ip string -> ip
  cidr_ip cidr. -> ip
isIP
  is_ip string -> bool
family
  ip_family ip. -> int
ip.isCanonical
  ip_is_canonical string -> bool
isUnspecified
  ip_is_unspecified ip. -> bool
isLoopback
  ip_is_loopback ip. -> bool
isLinkLocalMulticast
  ip_is_link_local_multicast ip. -> bool
isLinkLocalUnicast
  ip_is_link_local_unicast ip. -> bool
isGlobalUnicast
  ip_is_global_unicast ip. -> bool
cidr
  string_to_cidr string -> cidr
isCIDR
  is_cidr string -> bool
containsIP
  cidr_contains_ip_string cidr. string -> bool
  cidr_contains_ip_ip cidr. ip -> bool
containsCIDR
  cidr_contains_cidr_string cidr. string -> bool
  cidr_contains_cidr cidr. cidr -> bool
prefixLength
  cidr_prefix_length cidr. -> int
masked
  cidr_masked cidr. -> cidr
validate
  format-validate format. string -> opt<list<string>>
format.named
  format-named string -> opt<format>
semver
  string_to_semver string -> semver
  string_bool_to_semver string bool -> semver
isSemver
  is_semver_string string -> bool
  is_semver_string_bool string bool -> bool
major
  semver_major semver. -> int
minor
  semver_minor semver. -> int
patch
  semver_patch semver. -> int
path
  authorizer_path authorizer. string -> pathcheck
group
  authorizer_group authorizer. string -> groupcheck
serviceAccount
  authorizer_serviceaccount authorizer. string string -> authorizer
resource
  groupcheck_resource groupcheck. string -> resourcecheck
subresource
  resourcecheck_subresource resourcecheck. string -> resourcecheck
namespace
  resourcecheck_namespace resourcecheck. string -> resourcecheck
name
  resourcecheck_name resourcecheck. string -> resourcecheck
check
  pathcheck_check pathcheck. string -> decision
  resourcecheck_check resourcecheck. string -> decision
errored
  decision_errored decision. -> bool
error
  decision_error decision. -> string
allowed
  decision_allowed decision. -> bool
reason
  decision_reason decision. -> string
fieldSelector
  authorizer_fieldselector resourcecheck. string -> resourcecheck
labelSelector
  authorizer_labelselector resourcecheck. string -> resourcecheck
"""
_PATCHES = """
jsonpatch.escapeKey
  string_jsonpatch_escapeKey_string string -> string
"""


@dataclass(frozen=True, slots=True)
class Overload:
    """One way to call a function."""

    id: str
    arguments: tuple[Type, ...]
    result: Type
    member: bool
    params: tuple[str, ...]


Functions = dict[str, tuple[Overload, ...]]


def _parsed(text: str) -> Type:
    words = re.findall(r"[\w]+|[<>,]", text)

    def one() -> Type:
        word = words.pop(0)
        parts: list[Type] = []
        if words and words[0] == "<":
            words.pop(0)
            parts.append(one())
            while words.pop(0) == ",":
                parts.append(one())
        match word:
            case "list":
                return types.list_of(parts[0])
            case "map":
                return types.map_of(parts[0], parts[1])
            case "opt":
                return types.optional_of(parts[0])
            case "type":
                return types.type_of(parts[0])
        return _NAMES.get(word) or types.param(word)

    return one()


def _params(known: Type) -> set[str]:
    return {known.name} if known.kind == "param" else {name for part in known.params for name in _params(part)}


def _overload(line: str) -> Overload:
    head, _, result = line.partition("->")
    identity, *arguments = head.split()
    member = bool(arguments) and arguments[0].endswith(".")
    given = tuple(_parsed(argument.rstrip(".")) for argument in arguments)
    returned = _parsed(result)
    names = sorted({name for part in (*given, returned) for name in _params(part)})
    return Overload(identity, given, returned, member, tuple(names))


def _add(found: dict[str, list[str]], text: str) -> None:
    name = ""
    for line in text.strip("\n").split("\n"):
        if not line.startswith("  "):
            name = line
        elif line.startswith("  {"):
            kinds, _, pattern = line.strip()[1:-1].partition("|")
            found.setdefault(name, []).extend(pattern.replace("{}", kind) for kind in kinds.split())
        else:
            found.setdefault(name, []).append(line)


def _sides(kind: str) -> tuple[str, str]:
    names = [{"int64": "int", "uint64": "uint"}.get(part, part) for part in kind.split("_")]
    return names[0], names[-1]


@lru_cache(maxsize=2)
def functions(*, patches: bool = False) -> Functions:
    """Every function; `patches` adds what mutations may call besides."""
    found: dict[str, list[str]] = {}
    _add(found, _STANDARD)
    for sign, word in (("<", "less"), ("<=", "less_equals"), (">", "greater"), (">=", "greater_equals")):
        found[f"_{sign}_"] = [f"{word}_{kind} {_sides(kind)[0]} {_sides(kind)[1]} -> bool" for kind in _ORDERED]
    for name, part in _TIME_PARTS:
        zone = "timestamp_to_seconds_tz" if part == "seconds" else f"timestamp_to_{part}_with_tz"
        found[name] = [f"timestamp_to_{part} timestamp. -> int", f"{zone} timestamp. string -> int"]
        if part in ("hours", "minutes", "seconds", "milliseconds"):
            found[name].append(f"duration_to_{part} duration. -> int")
    _add(found, _EXTENSIONS)
    found["sort"] = [f"list_{_called(kind)}_sort list<{kind}>. -> list<{kind}>" for kind in _COMPARABLE]
    found["@sortByAssociatedKeys"] = [f"list_{_called(kind)}_sortByAssociatedKeys list<T>. list<{kind}> -> list<T>" for kind in _COMPARABLE]
    _add(found, _KUBERNETES)
    for name in FORMATS:
        found[f"format.{name}"] = [f"format.{name} -> format"]
    if patches:
        _add(found, _PATCHES)
    return {name: tuple(_overload(line) for line in lines) for name, lines in found.items()}


def _called(kind: str) -> str:
    return _NAMES[kind].run_time_name
