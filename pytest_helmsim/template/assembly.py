"""Python statements to the code of one function with free variables."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from types import CodeType


def assemble(statements: list[ast.stmt], free: dict[str, None]) -> CodeType:
    """Compile within a function whose parameters are the free variables, and take the inner code out."""
    run = _function_def("run", ["d0", "w", "depth"], statements)
    outer = _function_def("link", list(free), [run])
    module = compile(ast.Module(body=[outer], type_ignores=[]), "<template>", "exec", dont_inherit=True, optimize=0)
    for level in ("link", "run"):
        module = next(each for each in module.co_consts if isinstance(each, CodeType) and each.co_name == level)
    return module


def _function_def(name: str, params: Sequence[str], body: list[ast.stmt]) -> ast.FunctionDef:
    arguments = ast.arguments(
        posonlyargs=[], args=[ast.arg(arg=each, lineno=1, col_offset=0) for each in params], kwonlyargs=[], kw_defaults=[], defaults=[]
    )
    made = ast.FunctionDef(name=name, args=arguments, body=body, decorator_list=[], lineno=1, col_offset=0)
    made.type_params = []  # type: ignore[attr-defined,unused-ignore]
    return made
