"""Which texts may be names, labels, ports and keys; each check gives the server's complaints, none for a good text.

Sources: k8s.io/apimachinery pkg/util/validation/validation.go, pkg/api/validate/content.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = _LABEL + r"(\." + _LABEL + ")*"
_LABEL_1035 = "[a-z]([-a-z0-9]*[a-z0-9])?"
_LABEL_UNDERSCORE = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_SUBDOMAIN_UNDERSCORE = _LABEL_UNDERSCORE + r"(\." + _LABEL_UNDERSCORE + ")*"
_WILDCARD = r"\*\." + _SUBDOMAIN
_KEY = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_VALUE = f"({_KEY})?"
_ENV = "[-._a-zA-Z][-._a-zA-Z0-9]*"
_CONFIG_KEY = "[-._a-zA-Z0-9]+"
_C_IDENTIFIER = "[A-Za-z_][A-Za-z0-9_]*"
_PERCENT = "[0-9]+%"
_HEADER = "[-A-Za-z0-9]+"
_URL_PATH = r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+"

_CHARACTERS = "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
_LOWER = "must consist of lower case alphanumeric characters"


def regex_error(message: str, pattern: str, *examples: str) -> str:
    """The message, examples and pattern as every refusal by a pattern shows them."""
    if not examples:
        return f"{message} (regex used for validation is '{pattern}')"
    shown = " or ".join(f"'{example}', " for example in examples)
    return f"{message} (e.g. {shown}regex used for validation is '{pattern}')"


def _matches(pattern: str, text: str) -> bool:
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


@lru_cache(maxsize=4096)
def dns_label(text: str) -> tuple[str, ...]:
    """RFC 1123 label."""
    errors = ["must be no more than 63 characters"] if _size(text) > 63 else []
    if not _matches(_LABEL, text):
        if _matches(_SUBDOMAIN, text):
            errors.append("must not contain dots")
        else:
            what = f"a lowercase RFC 1123 label {_LOWER} or '-', and must start and end with an alphanumeric character"
            errors.append(regex_error(what, _LABEL, "my-name", "123-abc"))
    return tuple(errors)


@lru_cache(maxsize=4096)
def dns_subdomain(text: str, unit: str = "characters") -> tuple[str, ...]:
    """RFC 1123 subdomain: what most objects are called."""
    errors = [f"must be no more than 253 {unit}"] if _size(text) > 253 else []
    if not _matches(_SUBDOMAIN, text):
        what = f"a lowercase RFC 1123 subdomain {_LOWER}, '-' or '.', and must start and end with an alphanumeric character"
        errors.append(regex_error(what, _SUBDOMAIN, "example.com"))
    return tuple(errors)


def dns_subdomain_underscore(text: str) -> tuple[str, ...]:
    """RFC 1123 subdomain that may have underscores: search domains."""
    errors = ["must be no more than 253 characters"] if _size(text) > 253 else []
    if not _matches(_SUBDOMAIN_UNDERSCORE, text):
        what = f"a lowercase RFC 1123 subdomain {_LOWER}, '_', '-' or '.', and must start and end with an alphanumeric character"
        errors.append(regex_error(what, _SUBDOMAIN_UNDERSCORE, "example.com"))
    return tuple(errors)


def dns_1035_label(text: str) -> tuple[str, ...]:
    """Starts with a letter: names of Services before 1.36."""
    errors = ["must be no more than 63 characters"] if _size(text) > 63 else []
    if not _matches(_LABEL_1035, text):
        what = f"a DNS-1035 label {_LOWER} or '-', start with an alphabetic character, and end with an alphanumeric character"
        errors.append(regex_error(what, _LABEL_1035, "my-name", "abc-123"))
    return tuple(errors)


def wildcard_subdomain(text: str) -> tuple[str, ...]:
    """`*.example.com`."""
    errors = ["must be no more than 253 characters"] if _size(text) > 253 else []
    if not _matches(_WILDCARD, text):
        what = (
            "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which "
            f"{_LOWER}, '-' or '.' and end with an alphanumeric character"
        )
        errors.append(regex_error(what, _WILDCARD, "*.example.com"))
    return tuple(errors)


@lru_cache(maxsize=4096)
def label_key(text: str) -> tuple[str, ...]:
    """A qualified name: label and annotation keys, finalizers, resource names."""
    parts = text.split("/")
    if len(parts) > 2:
        what = regex_error(f"a valid label key must consist of {_CHARACTERS}", _KEY, "MyName", "my.name", "123-abc")
        return (f"{what} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",)
    errors = []
    name = parts[-1]
    if len(parts) == 2:
        if not parts[0]:
            errors.append("prefix part must be non-empty")
        else:
            errors += [f"prefix part {why}" for why in dns_subdomain(parts[0], "bytes")]
    if not name:
        errors.append("name part must be non-empty")
    elif _size(name) > 63:
        errors.append("name part must be no more than 63 bytes")
    if not _matches(_KEY, name):
        errors.append("name part " + regex_error(f"must consist of {_CHARACTERS}", _KEY, "MyName", "my.name", "123-abc"))
    return tuple(errors)


@lru_cache(maxsize=4096)
def label_value(text: str) -> tuple[str, ...]:
    """The value of a label."""
    errors = ["must be no more than 63 bytes"] if _size(text) > 63 else []
    if not _matches(_VALUE, text):
        what = f"a valid label must be an empty string or consist of {_CHARACTERS}"
        errors.append(regex_error(what, _VALUE, "MyValue", "my_value", "12345"))
    return tuple(errors)


def path_segment(text: str) -> tuple[str, ...]:
    """A name that only has to fit into a URL: RBAC objects."""
    if text in (".", ".."):
        return (f"may not be '{text}'",)
    return path_segment_prefix(text)


def path_segment_prefix(text: str) -> tuple[str, ...]:
    """The beginning of such a name."""
    return tuple(f"may not contain '{part}'" for part in ("/", "%") if part in text)


def port_name(text: str) -> tuple[str, ...]:
    """An IANA service name."""
    errors = ["must be no more than 15 characters"] if _size(text) > 15 else []
    if not _matches("[-a-z0-9]+", text):
        errors.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search("[a-z]", text):
        errors.append("must contain at least one letter (a-z)")
    if "--" in text:
        errors.append("must not contain consecutive hyphens")
    if text.startswith("-") or text.endswith("-"):
        errors.append("must not begin or end with a hyphen")
    return tuple(errors)


def port_number(port: int) -> tuple[str, ...]:
    """1 to 65535."""
    return in_range(port, 1, 65535)


def in_range(value: int, low: int, high: int) -> tuple[str, ...]:
    """Both ends included."""
    return () if low <= value <= high else (f"must be between {low} and {high}, inclusive",)


def identity(number: int) -> tuple[str, ...]:
    """A user or group id."""
    return in_range(number, 0, 2**31 - 1)


def percent(text: str) -> tuple[str, ...]:
    """`25%`."""
    if _matches(_PERCENT, text):
        return ()
    return (regex_error("a valid percent string must be a numeric string followed by an ending '%'", _PERCENT, "1%", "93%"),)


def header_name(text: str) -> tuple[str, ...]:
    """A name of an HTTP header."""
    if _matches(_HEADER, text):
        return ()
    return (regex_error("a valid HTTP header must consist of alphanumeric characters or '-'", _HEADER, "X-Header-Name"),)


def env_name(text: str) -> tuple[str, ...]:
    """An environment variable as it was before 1.32."""
    errors = []
    if not _matches(_ENV, text):
        what = (
            "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', "
            "and must not start with a digit"
        )
        errors.append(regex_error(what, _ENV, "my.env-name", "MY_ENV.NAME", "MyEnvName1"))
    return (*errors, *_not_a_directory(text))


def relaxed_env_name(text: str) -> tuple[str, ...]:
    """An environment variable since 1.32: printable ASCII without `=`."""
    if not text:
        return ("environment variable name must be non-empty",)
    if any(not " " <= letter <= "~" or letter == "=" for letter in text):
        return ("a valid environment variable name must consist only of printable ASCII characters other than '='",)
    return ()


def config_key(text: str) -> tuple[str, ...]:
    """A key of a ConfigMap or Secret."""
    errors = ["must be no more than 253 characters"] if _size(text) > 253 else []
    if not _matches(_CONFIG_KEY, text):
        what = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
        errors.append(regex_error(what, _CONFIG_KEY, "key.name", "KEY_NAME", "key-name"))
    return (*errors, *_not_a_directory(text))


def c_identifier(text: str) -> tuple[str, ...]:
    """A name as in C."""
    if _matches(_C_IDENTIFIER, text):
        return ()
    what = "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'"
    return (regex_error(what, _C_IDENTIFIER, "my_name", "MY_NAME", "MyName"),)


def _not_a_directory(text: str) -> tuple[str, ...]:
    if text in (".", ".."):
        return (f"must not be '{text}'",)
    return ("must not start with '..'",) if text.startswith("..") else ()


def url_path(text: str) -> tuple[str, ...]:
    """What may follow the slash of a domain-prefixed path."""
    return () if _matches(_URL_PATH, text) else (regex_error("Invalid path", _URL_PATH),)


def is_address(text: str) -> bool:
    """Whether it is an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
