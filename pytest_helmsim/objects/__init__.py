"""Values of the Kubernetes world: kinds, field paths, selectors, quantities, YAML, status, wire, clock.

Standard library, orjson and PyYAML only; no I/O besides text in and text out, nothing of Helm.
"""
