"""The functions of text/template itself; `and`, `or` and `not` are compiled in place.

Go: text/template/funcs.go.
"""

from __future__ import annotations

from pytest_helmsim.template.signatures import Table

TABLE = Table()
