"""What the warnings of `warnings` were in versions before the last one that reworded them, and since when each is given at all.

Source: k8s.io/kubernetes pkg/api/{pod,service,persistentvolume}/warnings.go and strategies of 1.28 to 1.37, k8s.io/apimachinery
pkg/util/validation/ip.go.
"""

from __future__ import annotations

import re

_SINCE: tuple[tuple[int, str], ...] = (
    (30, r"The Recycle reclaim policy is deprecated"),
    (30, r'deprecated since v1\.30; use the "appArmorProfile"'),
    (31, r"deprecated since v1\.9$"),
    (31, r"deprecated since v1\.22; use Taints"),
    (31, r"mount-options\]: deprecated since v1\.31"),
    (32, r"overlapping paths: "),
    (32, r"enforce-mountable-secrets\]: deprecated in v1\.32"),
    (32, r"\(Projected\) has no sources provided$"),
    (33, r"duplicate port name "),
    (33, r"a negative value retains all historical revisions"),
    (33, r"\.values\[\d+\]: .* is invalid, "),
    (33, r"^(spec\.template\.)?spec\.(dnsConfig\.nameservers|hostAliases)\[\d+\](\.ip)?: (non-standard|IPv6 address) "),
    (33, r"^(spec\.(podCIDRs|egress|ingress)|endpoints|subsets)\b.*(non-standard|ambiguous|canonical format)"),
    (33, r"CIDR value \S+ is ambiguous in this context"),
    (34, r"is ignored for headless services$"),
    (35, r'^spec\.trafficDistribution: "PreferClose" is deprecated'),
    (36, r"^spec\.externalIPs is deprecated"),
    (36, r"^unrecognized format "),
)
"""The first minor version that gives a warning of this form; the others all of them give."""

_FUTURE = "in a future Kubernetes release"
_OCTET = "IPv4 field has octet with leading zero"
_LOOPS = "which may cause controller apply-loops"
_BEFORE: tuple[tuple[int, str, str], ...] = (
    (36, r"(non-standard (?:IP address|CIDR value) \S+) is invalid: use ", rf"\1 will be considered invalid {_FUTURE}: use "),
    (
        33,
        r'non-standard CIDR value "([^"/]+)/([^"]+)" will be considered.*$',
        rf'IP prefix was accepted, but will be invalid {_FUTURE}: netip.ParsePrefix("\1/\2"): ParseAddr("\1"): {_OCTET}',
    ),
    (29, r"^cannot use TZ or CRON_TZ in (\S+), use timeZone instead, (.*)$", r"CRON_TZ or TZ used in \1 is not officially supported, \2"),
    (33, r"deprecated in v1\.11, and disabled by default in v1\.33\+$", "deprecated in v1.11"),
    (33, r"(IPv6 address \S+) should be (in RFC 5952 canonical format .*)$", rf"\1 is not \2, {_LOOPS}"),
    (33, r"IPv6 CIDR value (\S+) should be (in RFC 5952 canonical format .*)$", rf"IPv6 prefix \1 is not \2, {_LOOPS}"),
    (
        33,
        r"non-standard IP address (\S+) will be considered.*$",
        rf"IP address was accepted, but will be invalid {_FUTURE}: ParseAddr(\1): {_OCTET}",
    ),
)
"""A form that came with this minor version, and what the ones before it said instead."""


def said(text: str, minor: int) -> str | None:
    """The warning as this version words it, None where it does not give it."""
    if any(minor < since and re.search(pattern, text) for since, pattern in _SINCE):
        return None
    for since, pattern, instead in _BEFORE:
        if minor < since:
            text = re.sub(pattern, instead, text)
    return text
