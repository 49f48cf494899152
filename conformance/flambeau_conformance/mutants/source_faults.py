"""One-line faults in the source of core: what no declaration foresees.

Each changes one place of the syntax tree of a module. Nothing is written: the changed module is compiled, and the code of
the functions that it changes is put into the functions that there are.
"""

from __future__ import annotations

import ast
import copy
import gc
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

__all__ = ["Functions", "SourceFault", "codes_of", "functions_by_code", "put", "source_faults"]

Key = tuple[str, int]
"""The qualified name of a function and its first line."""

Functions = dict[Key, list[FunctionType]]
"""The functions that there are of one file."""

_COMPARISONS: dict[type, type] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip

_OPERATORS: dict[type, type] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
}  # fmt: skip

_TWINS = {"min": "max", "max": "min", "any": "all", "all": "any", "reversed": "list", "sorted": "list"}


@dataclass(frozen=True)
class SourceFault:
    """A change to one place of a module.

    Attributes:
        line: of the place.
        text: what is changed, as ``"< becomes <="``.
        family: the kind of change.
        number: its place among all of the module.
        function: the innermost function that it is in.
    """

    line: int
    text: str
    family: str
    number: int
    function: Key


_Edit = tuple[str, str, Callable[[ast.AST], ast.AST | None]]
"""Family, text and what is put in the place of a node."""


def source_faults(source: str) -> list[SourceFault]:
    """The faults of a module, in the order of its text; only those in functions."""
    return [fault for fault, _, _ in _places(ast.parse(source))]


def _places(tree: ast.Module) -> Iterator[tuple[SourceFault, ast.AST, Callable[[ast.AST], ast.AST | None]]]:
    number = 0
    for node, function in _in_functions(tree, (), None):
        if function is None:
            continue
        for family, text, change in _edits(node):
            yield SourceFault(node.lineno, text, family, number, function), node, change
            number += 1


def _in_functions(node: ast.AST, path: tuple[str, ...], function: Key | None) -> Iterator[tuple[Any, Key | None]]:
    """The nodes below one, each with the innermost function around it; annotations, decorators and docstrings are left out."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params", "msg", "args") and not isinstance(
            node, ast.Call
        ):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or _is_docstring(child):
                continue
            inside, own = path, function
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                label = getattr(child, "name", "<lambda>")
                own = (".".join((*path, label)), _first_line(child))
                inside = (*path, label, "<locals>")
            elif isinstance(child, ast.ClassDef):
                inside = (*path, child.name)
            elif isinstance(child, ast.stmt | ast.expr):
                yield child, function
            yield from _in_functions(child, inside, own)


def _first_line(function: Any) -> int:
    decorators = getattr(function, "decorator_list", [])
    return int(min([function.lineno, *(each.lineno for each in decorators)]))


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


# -- edits -------------------------------------------------------------------------------------------------------------


def _edits(node: Any) -> Iterator[_Edit]:
    match node:
        case ast.Compare(ops=[operator]) if type(operator) in _COMPARISONS:
            new = _COMPARISONS[type(operator)]
            yield "comparison", f"{_name(operator)} becomes {_name(new())}", _set("ops", lambda _: [new()])
        case ast.BinOp(op=operator) if type(operator) in _OPERATORS and not _is_text(node):
            other = _OPERATORS[type(operator)]
            yield "arithmetic", f"{_name(operator)} becomes {_name(other())}", _set("op", lambda _: other())
        case ast.BoolOp(op=operator):
            turned = ast.And if isinstance(operator, ast.Or) else ast.Or
            yield "logic", f"{_name(operator)} becomes {_name(turned())}", _set("op", lambda _: turned())
        case ast.UnaryOp(op=ast.Not()):
            yield "logic", "not is dropped", lambda one: one.operand  # type: ignore[attr-defined]
        case ast.UnaryOp(op=ast.USub()):
            yield "arithmetic", "minus is dropped", lambda one: one.operand  # type: ignore[attr-defined]
        case ast.IfExp():
            yield "logic", "the branches of an expression are swapped", _swapped_branches
        case ast.Constant(value=value):
            yield from _of_constant(value)
        case ast.Call():
            yield from _of_call(node)
        case ast.stmt():
            yield from _of_statement(node)


def _is_text(node: ast.BinOp) -> bool:
    return any(
        isinstance(side, ast.JoinedStr) or (isinstance(side, ast.Constant) and isinstance(side.value, str))
        for side in (node.left, node.right)
    )


def _of_constant(value: Any) -> Iterator[_Edit]:
    if isinstance(value, bool):
        yield "constant", f"{value} becomes {not value}", _set("value", lambda old: not old)
    elif isinstance(value, int):
        yield "constant", f"{value} becomes {value + 1}", _set("value", lambda old: old + 1)
        if value > 1:
            yield "constant", f"{value} becomes {value - 1}", _set("value", lambda old: old - 1)
    elif isinstance(value, float):
        yield "constant", f"{value} becomes {value * 1.5 + 0.5}", _set("value", lambda old: old * 1.5 + 0.5)


def _of_call(node: ast.Call) -> Iterator[_Edit]:
    plain = [each for each in node.args if not isinstance(each, ast.Starred)]
    name = ast.unparse(node.func)[:40]
    if len(plain) > 1 and len(plain) == len(node.args) and ast.dump(plain[0]) != ast.dump(plain[1]):
        yield "arguments", f"the first two arguments of {name} are swapped", _set(
            "args", lambda args: [args[1], args[0], *args[2:]]
        )  # fmt: skip
    for place, keyword in enumerate(node.keywords):
        if keyword.arg is not None:
            yield "arguments", f"{name} is called without {keyword.arg}", _set("keywords", _without(place))
    if isinstance(node.func, ast.Name) and node.func.id in _TWINS:
        twin = _TWINS[node.func.id]
        yield "calls", f"{node.func.id} becomes {twin}", _set("func", lambda _: ast.Name(twin, ast.Load()))


def _without(place: int) -> Callable[[list[Any]], list[Any]]:
    return lambda own: own[:place] + own[place + 1 :]


def _of_statement(node: ast.stmt) -> Iterator[_Edit]:
    if isinstance(node, (ast.If, ast.While)):
        yield "logic", "a condition is negated", _set("test", lambda test: ast.UnaryOp(ast.Not(), test))
    if isinstance(node, ast.Raise):
        yield "errors", "an error is not raised", lambda _: ast.Pass()
    if isinstance(node, ast.AugAssign) or (
        isinstance(node, ast.Expr) and not isinstance(node.value, ast.Yield | ast.YieldFrom)
    ):
        yield "statements", f"dropped: {_short(node)}", lambda _: ast.Pass()
    if isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Name | ast.Tuple):
        yield "statements", f"dropped: {_short(node)}", lambda _: ast.Pass()
    if (
        isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and _mentions(node.value, node.targets[0].id)
    ):
        yield "statements", f"dropped: {_short(node)}", lambda _: ast.Pass()
    if isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
        yield "returns", "None is returned", _set("value", lambda _: ast.Constant(None))


def _mentions(node: ast.expr, name: str) -> bool:
    return any(isinstance(each, ast.Name) and each.id == name for each in ast.walk(node))


def _set(attribute: str, change: Callable[[Any], Any]) -> Callable[[ast.AST], ast.AST]:
    def edit(node: ast.AST) -> ast.AST:
        new = copy.copy(node)
        setattr(new, attribute, change(getattr(node, attribute)))
        return new

    return edit


def _swapped_branches(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.IfExp)
    return ast.IfExp(node.test, node.orelse, node.body)


def _name(operator: ast.AST) -> str:
    return type(operator).__name__.lower()


def _short(node: ast.AST) -> str:
    return ast.unparse(node).splitlines()[0][:60]


# -- putting one in ----------------------------------------------------------------------------------------------------


class _Replacing(ast.NodeTransformer):
    def __init__(self, node: ast.AST, change: Callable[[ast.AST], ast.AST | None]) -> None:
        self._node = node
        self._change = change

    def visit(self, node: ast.AST) -> Any:
        if node is self._node:
            new = self._change(node)
            return None if new is None else ast.copy_location(new, node)
        return self.generic_visit(node)


def _changed(source: str, number: int) -> ast.Module:
    tree = ast.parse(source)
    _, node, change = next(found for found in _places(tree) if found[0].number == number)
    changed: ast.Module = ast.fix_missing_locations(_Replacing(node, change).visit(tree))
    return changed


def codes_of(code: CodeType) -> Iterator[CodeType]:
    """The code objects in another, at any depth."""
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield const
            yield from codes_of(const)


def functions_by_code(root: Path) -> dict[str, Functions]:
    """The functions that there are, by the file below ``root`` that they come from, their name and line."""
    found: dict[str, Functions] = {}
    start = f"{root}{os.sep}"
    gc.unfreeze()  # what is frozen is not listed
    for each in gc.get_objects():
        # `isinstance` would ask objects of other libraries for their class, of which some warn.
        if type(each) is FunctionType and each.__code__.co_filename.startswith(start):
            code = each.__code__
            here = found.setdefault(code.co_filename, {})
            here.setdefault((code.co_qualname, code.co_firstlineno), []).append(each)
    return found


def put(path: Path, number: int, functions: Functions) -> None:
    """Put the code with a fault into the functions of a file."""
    source = path.read_text(encoding="utf-8")
    new = compile(_changed(source, number), str(path), "exec", dont_inherit=True)
    for code in codes_of(new):
        for function in functions.get((code.co_qualname, code.co_firstlineno), ()):
            if function.__code__ != code and len(function.__code__.co_freevars) == len(code.co_freevars):
                function.__code__ = code
