"""The signatures of PyTorch's functions and methods, as its stubs, its operator schemas and its Python functions say them."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

NUMPY_NAMES = {"dim": ("axis",), "keepdim": ("keepdims",), "input": ("x", "a", "x1"), "other": ("x2",)}
"""The names that the argument parser of PyTorch's built-in functions takes for its own."""


_OPERATORS = {
    "logsigmoid": "log_sigmoid",
    "sparse_addmm": "_sparse_addmm",
    "sparse_log_softmax": "_sparse_log_softmax",
    "sparse_mm": "_sparse_mm",
    "sparse_softmax": "_sparse_softmax",
    "sparse_spdiags": "_spdiags",
}
"""Operators that are called otherwise than the functions, by NAMESPACE_NAME or NAME."""


@dataclass(frozen=True)
class Signature:
    """The names of one overload, without ``self`` of a method."""

    positional: tuple[str, ...] = ()
    keyword_only: tuple[str, ...] = ()
    several: str = ""
    """The name of a parameter that takes all that are left, ``*size``."""
    deprecated: bool = False

    @property
    def keywords(self) -> tuple[str, ...]:
        return self.positional + self.keyword_only


@cache
def _stub(path: Path, inside: str = "") -> dict[str, list[Signature]]:
    body = ast.parse(path.read_text()).body
    if inside:
        (body,) = [node.body for node in body if isinstance(node, ast.ClassDef) and node.name == inside]
    found: dict[str, list[Signature]] = {}
    for node in body:
        if isinstance(node, ast.FunctionDef):
            found.setdefault(node.name, []).append(_of_stub(node, method=bool(inside)))
    return found


def _of_stub(node: ast.FunctionDef, *, method: bool) -> Signature:
    names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
    decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
    if method:
        del names[0]
    named = tuple("input" if name == "self" else name for name in names if not name.startswith("__"))
    several = node.args.vararg.arg if node.args.vararg else ""
    keyword_only = tuple(argument.arg for argument in node.args.kwonlyargs)
    return Signature(named, keyword_only, several, any(name.startswith("deprecated") for name in decorators))


def _of_python(function: Any, *, method: bool) -> list[Signature]:
    try:
        parameters = list(inspect.signature(function).parameters.values())[int(method) :]
    except (TypeError, ValueError):
        return []
    by_kind = {
        kind: tuple(parameter.name for parameter in parameters if parameter.kind is kind)
        for kind in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    }
    return [Signature(*by_kind.values())]


def _of_schemas(torch: ModuleType, name: str) -> list[Signature]:
    """The overloads of an operator: what is a named tuple of outputs to its schema is ``out`` to a program.

    Those that no program calls by their own name have no ``out``.
    """
    found = []
    for schema in torch._C._jit_get_schemas_for_operator(f"aten::{name}"):
        if name.startswith("_") and any(one.is_out for one in schema.arguments):
            continue
        if "Dimname" in str(schema) or schema.overload_name in ("Scalar_out", "self_scalar"):
            continue
        arguments = [(argument.name, argument) for argument in schema.arguments]
        positional = tuple("input" if key == "self" else key for key, one in arguments if not one.kwarg_only)
        keyword_only = tuple(dict.fromkeys("out" if one.is_out else key for key, one in arguments if one.kwarg_only))
        found.append(Signature(positional, keyword_only))
    return found


def is_built_in(function: Any) -> bool:
    """Whether a function parses its arguments in C++, where NumPy's names are known."""
    function = inspect.unwrap(function)  # one that keeps its results is wrapped by what is no function
    return not inspect.isfunction(function) and not inspect.isclass(function) and callable(function)


def of_function(torch: ModuleType, namespace: str, name: str) -> list[Signature]:
    """The overloads of ``torch.NAMESPACE.NAME``."""
    module = torch if not namespace else _module(torch, namespace)
    function = getattr(module, name)
    if not is_built_in(function):
        return _of_python(inspect.unwrap(function), method=False)
    here = Path(torch.__file__).parent / "_C"
    if not namespace:
        own = function.__name__  # some are called otherwise there
        return _stub(here / "_VariableFunctions.pyi").get(name, []) or _stub(here / "__init__.pyi").get(own, [])
    if namespace == "nn.functional":
        both = (here / "_nn.pyi", here / "_VariableFunctions.pyi")
        stubs = next((found for path in both if (found := _stub(path).get(name))), [])
        return stubs or _of_schemas(torch, _OPERATORS.get(name, name))
    full = f"{namespace}_{name}"
    return _of_schemas(torch, _OPERATORS.get(full, full))


def _module(torch: ModuleType, namespace: str) -> Any:
    module: Any = torch
    for part in namespace.split("."):
        module = getattr(module, part)
    return module


def of_method(torch: ModuleType, name: str) -> list[Signature]:
    """The overloads of ``torch.Tensor.NAME``."""
    function = getattr(torch.Tensor, name)
    if inspect.isfunction(function):
        return _of_python(inspect.unwrap(function), method=True)
    return _stub(Path(torch.__file__).parent / "_C" / "__init__.pyi", "TensorBase").get(name, [])


def names_of(signatures: list[Signature], *, built_in: bool) -> list[str]:
    """Every keyword of a function, in the order of its overloads; NumPy's names after PyTorch's."""
    own = dict.fromkeys(name for signature in signatures if not signature.deprecated for name in signature.keywords)
    others = [other for name in own if built_in for other in NUMPY_NAMES.get(name, ()) if other not in own]
    return [name for name in (*own, *others) if re.fullmatch(r"[a-zA-Z]\w*", name)]
