"""Which texts an argument can be, read from what functions compare it with.

``reduction not in ("none", "mean", "sum")``, ``interpolation == "linear"`` and ``_ROUNDED[interpolation]`` say what there is, in
the function or in another of flambeau's to which it hands the argument on; of a layer, in that which it says it applies.
"""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import flambeau

__all__ = ["enumerated"]

_DEPTH = 6
"""How far an argument is followed from function to function."""

Names = Mapping[str, str]
"""Local names, and the parameter of the first function that each stands for."""


def enumerated(function: Any) -> dict[str, set[str]]:
    """The texts that the parameters of a function, or of a class's ``__init__``, are compared with, by parameter."""
    found: dict[str, set[str]] = {}
    start = function.__init__ if isinstance(function, type) else function  # type: ignore[misc]
    parameters = _parameters(start)
    _follow(start, {name: name for name in parameters}, found, frozenset())
    if isinstance(function, type):
        for method in vars(function).values():
            if inspect.isfunction(method):
                _follow(method, {f"self.{name}": name for name in parameters}, found, frozenset())
        applied = getattr(flambeau.nn.functional, getattr(function, "_function", ""), None)
        _follow(applied, {name: name for name in _parameters(applied) if name in parameters}, found, frozenset())
    return {name: texts for name, texts in found.items() if len(texts) > 1}


def _body(function: Any) -> Any:
    """The function as it was written."""
    return inspect.unwrap(function) if inspect.isfunction(function) else None


def _parameters(function: Any) -> list[str]:
    body = _body(function)
    code = getattr(body, "__code__", None)
    return [] if code is None else list(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])


@functools.cache
def _tree(function: Any) -> ast.AST | None:
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return None


def _follow(function: Any, names: Names, found: dict[str, set[str]], before: frozenset[Any]) -> None:
    body = _body(function)
    tree = None if body is None else _tree(body)
    if tree is None or body in before or len(before) > _DEPTH:
        return
    names = {**names, **dict(_renamed(tree, names))}
    for node in ast.walk(tree):
        for name, texts in _texts(node, names, body):
            found.setdefault(name, set()).update(texts)
        if isinstance(node, ast.Call):
            callee = _value(node.func, body)
            handed = dict(_handed(node, callee, names))
            if handed and (getattr(_body(callee), "__module__", "") or "").startswith("flambeau"):
                _follow(callee, handed, found, before | {body})


def _renamed(tree: ast.AST, names: Names) -> Iterator[tuple[str, str]]:
    """Local names that stand for a parameter or, where it is empty, for something else: ``mode = mode or "constant"``."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.BoolOp)
            and isinstance(node.targets[0], ast.Name)
        ):
            first = ast.unparse(node.value.values[0])
            if first in names:
                yield node.targets[0].id, names[first]


def _texts(node: ast.AST, names: Names, body: Any) -> Iterator[tuple[str, set[str]]]:
    """The parameters that a node compares with texts, or looks up by them."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        for one, other in ((node.left, node.comparators[0]), (node.comparators[0], node.left)):
            name = names.get(ast.unparse(one))
            if name is not None:
                yield name, _constants(other, body)
    elif isinstance(node, ast.Subscript) and ast.unparse(node.slice) in names:
        yield names[ast.unparse(node.slice)], _constants(node.value, body)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get" and node.args:
        key = node.args[0].values[0] if isinstance(node.args[0], ast.BoolOp) else node.args[0]
        name = names.get(ast.unparse(key))
        if name is not None:
            yield name, _constants(node.func.value, body)


def _constants(node: ast.AST, body: Any) -> set[str]:
    """The texts in an expression: written there, or in the tuple, set or dictionary that a global name is for."""
    found: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            found.add(part.value)
        elif isinstance(part, ast.Name):
            value = _value(part, body)
            if isinstance(value, (tuple, list, set, frozenset, dict)):
                found.update(each for each in value if isinstance(each, str))
    return {text for text in found if text}


def _value(node: ast.AST, body: Any) -> Any:
    """What a name, or an attribute of one, is in the module of a function; None if that is not known."""
    if isinstance(node, ast.Attribute):
        return getattr(_value(node.value, body), node.attr, None)
    return body.__globals__.get(node.id) if isinstance(node, ast.Name) else None


def _handed(call: ast.Call, callee: Any, names: Names) -> Iterator[tuple[str, str]]:
    """The parameters of a function that is called which get one of the names, or what a call makes of it."""
    parameters = _parameters(callee)
    placed = [(parameters[place], each) for place, each in enumerate(call.args) if place < len(parameters)]
    for parameter, argument in [*placed, *((each.arg, each.value) for each in call.keywords)]:
        inner = argument.args[-1] if isinstance(argument, ast.Call) and argument.args else argument
        if parameter in parameters and ast.unparse(inner) in names:
            yield str(parameter), names[ast.unparse(inner)]
