"""All rows, in the order in which `tools/record_templates.py` records them and `test_language.py` compares them."""

from __future__ import annotations

from rowkit import DATA, Row
from rows_functions import INDEXING, LOGIC, PRINTING
from rows_printf import PRINTF
from rows_syntax import CONTROL, LITERALS, TEXT, VARIABLES
from rows_templates import TEMPLATES
from rows_values import FIELDS, MISSING, PIPELINES

__all__ = ["DATA", "ROWS", "Row"]

ROWS: list[Row] = [*TEXT, *LITERALS, *FIELDS, *MISSING, *CONTROL, *VARIABLES, *PIPELINES, *LOGIC, *INDEXING, *PRINTF, *PRINTING, *TEMPLATES]
