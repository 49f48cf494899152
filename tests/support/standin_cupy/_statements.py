"""Statements of C in the words of Python: assignments of plain arithmetic."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import erf

__all__ = ["FUNCTIONS", "compiled"]

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "sqrt": np.sqrt, "exp": np.exp, "log": np.log, "pow": np.power, "tanh": np.tanh, "erf": erf, "where": np.where,
}  # fmt: skip
# What means the same in C and in Python for numbers of one floating point type.
_SYNTAX = (
    ast.Module, ast.Assign, ast.BinOp, ast.UnaryOp, ast.Compare, ast.Call, ast.Name, ast.Constant, ast.Load, ast.Store,
    ast.Add, ast.Sub, ast.Mult, ast.Div, ast.USub, ast.Lt, ast.Gt, ast.Eq,
)  # fmt: skip


def compiled(operation: str, parameters: set[str]) -> Any:
    """Python code that does what the C statements do.

    Raises:
        NotImplementedError: they are not assignments of plain arithmetic.
    """
    declared = set(re.findall(r"\bT (\w+) =", operation))
    operation = operation.replace("typedef float T;", "")
    lines = [re.sub(r"^T ", "", statement.strip()) for statement in operation.split(";")]
    try:
        tree = ast.parse("\n".join(_in_python(line) for line in lines if line))
    except SyntaxError as error:
        raise NotImplementedError(f"the stand-in has no compiler for: {operation}") from error
    for node in ast.walk(tree):
        if not isinstance(node, _SYNTAX):
            raise NotImplementedError(f"the stand-in has no compiler for {type(node).__name__} in: {operation}")
        if isinstance(node, ast.Name) and node.id not in parameters | declared | FUNCTIONS.keys() | {"S", "T"}:
            raise NameError(f"'{node.id}' is not declared in: {operation}")
    return compile(tree, "<kernel>", "exec")


def _in_python(statement: str) -> str:
    """A statement in which ``c ? x : y`` is ``where(c, x, y)``."""
    target, _, value = statement.partition(" = ")
    return f"{target} = {_chosen(value)}"


def _chosen(expression: str) -> str:
    condition, asks, rest = expression.partition(" ? ")
    if not asks:
        return expression
    value, _, other = rest.partition(" : ")
    return f"where({condition}, {value}, {_chosen(other)})"
