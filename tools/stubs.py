"""Write the stubs: what type checkers see of the methods, the in-place functions and the root of the package.

``_tensor/methods.pyi`` and ``ops/inplace.pyi`` follow from the declarations of ops, ``__init__.pyi`` from the root's imports
and its table of what is imported on use. Run ``python tools/stubs.py`` after changing one; a test compares.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import flambeau
from flambeau._dispatch.factories import FACTORIES
from flambeau._tensor.methods import TensorMethods
from flambeau.ops.inplace import NAMES

__all__ = ["STUBS"]

_HEADER = """\
# Written by `python tools/stubs.py` from the declarations of the ops: do not edit.
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, NamedTuple, TypeVar, overload

from flambeau import dtypes, layouts
from flambeau._tensor.sparse import SparseTensor
from flambeau._tensor.tensor import Tensor
from flambeau.random import Generator
from flambeau.storage import TypedStorage, UntypedStorage

_Function = TypeVar("_Function", bound=Callable[..., Any])
_Number = bool | int | float | complex

def method(*names: str) -> Callable[[_Function], _Function]: ...
def method_property(name: str) -> Callable[[_Function], _Function]: ...

class TensorMethods:
"""

# Results of several tensors. The stub has classes of its own for them: it cannot import modules that import it.
_RESULTS = {
    "Extremes": ("values", "indices"), "Aminmax": ("min", "max"), "Histogram": ("hist", "bin_edges"), "QR": ("Q", "R"),
    "SVD": ("U", "S", "V"), "Slogdet": ("sign", "logabsdet"),
}  # fmt: skip
_EXTREMES = ("Max", "Min", "Median", "Nanmedian", "Mode", "Sort", "Topk", "Kthvalue", "Cummax", "Cummin")

# Names that a class body shadows (Tensor has methods called bool, int, float ...) or that are local to a module.
_SPELLED = {
    "bool": "_bool", "int": "_int", "float": "_float", "complex": "_complex", "Number": "_Number", "Dims": "Any",
    "Shape": "Any", "DType": "dtypes.dtype", "TensorType": "Any", "Device": "Any", "Quantiles": "Any",
    **{name: f"_{name}" for name in _RESULTS}, **dict.fromkeys(_EXTREMES, "_Extremes"),
}  # fmt: skip

_BY_DIM = ("max", "min", "median", "nanmedian")
"""What gives a tensor, and values with their places where it is told a dim."""


OPERATORS = "flambeau.ops.operators"
_STARS = {"VAR_POSITIONAL": 1, "VAR_KEYWORD": 2}
_UNARY = ("neg", "abs")


def _annotation(text: Any) -> str:
    if text is inspect.Parameter.empty:
        return "Any"
    name = text if isinstance(text, str) else getattr(text, "__name__", str(text))
    return re.sub(r"(?<![\w.])\w+", lambda match: _SPELLED.get(match[0], match[0]), name)


def _parameter(parameter: inspect.Parameter) -> str:
    stars = "*" * _STARS.get(parameter.kind.name, 0)
    default = "" if parameter.default is inspect.Parameter.empty else " = ..."
    return f"{stars}{parameter.name}: {_annotation(parameter.annotation)}{default}"


def _entries(parameters: Iterable[inspect.Parameter], entries: list[str]) -> list[str]:
    """Parameters as a stub writes them, after the ``entries`` that are there."""
    for parameter in parameters:
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and not any(entry.startswith("*") for entry in entries):
            entries.append("*")
        entries.append(_parameter(parameter))
    return entries


def _signature(function: Any) -> str:
    signature = inspect.signature(function)
    entries = _entries(list(signature.parameters.values())[1:], ["self"])
    row = getattr(function, "row", None)
    if row is not None and row.out and not any(entry.startswith("out:") for entry in entries):
        entries += ([] if any(entry.startswith("*") for entry in entries) else ["*"]) + ["out: Any = ..."]
    returns = _annotation(signature.return_annotation)
    return f"({', '.join(entries)}) -> {'Any' if returns == 'Any' else returns}"


def _results() -> str:
    """The classes of results of several tensors."""
    return "".join(
        f"class _{name}(NamedTuple):\n{''.join(f'    {field}: Tensor{chr(10)}' for field in fields)}\n"
        for name, fields in _RESULTS.items()
    )


_OUT = "out: Tensor | None = ..."
_DIM = "dim: _int | None = ..."


def _by_literals(first: str) -> list[str]:
    """The forms of ``unique`` and its kin: what they give depends on what they are asked for."""
    one, two = "Tensor", "tuple[Tensor, Tensor]"
    inverse, counts = "return_inverse: Literal[{}]", "return_counts: Literal[{}]"
    return [
        f"(self, {first}{inverse.format(False)} = ..., {counts.format(False)} = ..., {_DIM}) -> {one}",
        f"(self, {first}*, {inverse.format(True)}, {counts.format(False)} = ..., {_DIM}) -> {two}",
        f"(self, {first}*, {inverse.format(False)} = ..., {counts.format(True)}, {_DIM}) -> {two}",
        f"(self, {first}*, {inverse.format(True)}, {counts.format(True)}, {_DIM}) -> tuple[Tensor, Tensor, Tensor]",
        f"(self, {first}return_inverse: _bool = ..., return_counts: _bool = ..., {_DIM}) -> Any",
    ]


_FORMS = {
    "nonzero": [
        f"(self, *, {_OUT}, as_tuple: Literal[False] = ...) -> Tensor",
        "(self, *, out: None = ..., as_tuple: Literal[True]) -> tuple[Tensor, ...]",
    ],
    "unique": _by_literals("sorted: _bool = ..., "),
    "unique_consecutive": _by_literals(""),
}
"""Methods of which an argument decides what they give."""


def _overloads(name: str) -> str:
    """The forms of a method: of a reduction, to one element of all, or to those along a dim and their places."""
    if name in _FORMS:
        return "".join(f"    @overload\n    def {name}{form}: ...\n" for form in _FORMS[name])
    forms = ["(self, *, out: Any = ...) -> Tensor"]
    if name in ("max", "min"):
        forms += ["(self, other: Tensor, *, out: Any = ...) -> Tensor"]
    forms += ["(self, dim: _int, keepdim: _bool = ..., *, out: Any = ...) -> _Extremes"]
    return "".join(f"    @overload\n    def {name}{form}: ...\n" for form in forms)


def _operator_signature(function: Any) -> str:
    operand = (
        ", other: Any" if len(inspect.signature(function).parameters) > 1 and function.__name__ not in _UNARY else ""
    )
    return f"(self{operand}) -> Tensor"


def stub_text() -> str:
    """What ``_tensor/methods.pyi`` shall hold."""
    lines = [
        _HEADER.replace(
            "class TensorMethods:",
            f"{_results()}_bool = bool\n_int = int\n_float = float\n_complex = complex\n\nclass TensorMethods:",
        )
    ]
    for name, value in sorted(vars(TensorMethods).items()):
        if isinstance(value, property):
            declared = (
                f"    {name}: Tensor\n" if value.fset else f"    @property\n    def {name}(self) -> Tensor: ...\n"
            )
            lines.append(declared)
        elif name in _BY_DIM or name in _FORMS:
            lines.append(_overloads(name))
        elif inspect.isfunction(value):
            ignore = "  # type: ignore[override]" if name in ("__eq__", "__ne__") else ""
            signature = (
                _operator_signature(value)
                if name.startswith("__") and (value.__module__ == OPERATORS or hasattr(value, "row"))
                else _signature(value)
            )
            lines.append(f"    def {name}{signature}: ...{ignore}\n")
    return "".join(lines)


def inplace_stub_text() -> str:
    """What ``ops/inplace.pyi`` shall hold."""
    forms = "".join(f"def {name}(input: Tensor, *args: Any, **kwargs: Any) -> Tensor: ...\n" for name in NAMES)
    head = "# Written by `python tools/stubs.py` from the list in inplace.py: do not edit.\nfrom typing import Any\n\n"
    return f"{head}from flambeau._tensor import Tensor\n\nNAMES: tuple[str, ...]\n\n{forms}"


_FOR_FACTORIES = """\
from builtins import bool as _bool, complex as _complex, float as _float, int as _int
from collections.abc import Sequence
from typing import Any

from . import dtypes, layouts
from ._tensor import Tensor as Tensor
from .random import Generator as Generator

_Number = _bool | _int | _float | _complex
"""


def _factory(name: str) -> str:
    """The declaration of a factory, whose decorator hides from type checkers what it takes."""
    taken = _entries(inspect.signature(getattr(flambeau, name)).parameters.values(), [])
    return f"def {name}({', '.join(taken)}) -> Tensor: ..."


def root_stub_text() -> str:
    """What the package's own ``__init__.pyi`` shall hold."""
    source = Path(flambeau.__file__)
    imports, _, rest = source.read_text().partition("# Last, because")
    names = rest.partition("# Type checkers read")[0]
    on_use = [
        f"from .{module} import {attribute} as {name}"
        for name, (module, _, attribute) in ((name, where.rpartition(".")) for name, where in flambeau.ON_USE.items())
    ]
    on_use.append("from .ops.nn.layers import *")
    kept = [
        line.strip()
        for line in imports.splitlines()
        if line.strip().startswith("from ") and "TYPE_CHECKING" not in line and line.strip() not in _FOR_FACTORIES
    ]
    head = "# Written by `python tools/stubs.py` from `__init__.py` and its table `ON_USE`: do not edit."
    factories = [_factory(name) for name in FACTORIES if name[0] != "_"]
    return (
        "\n".join([head, _FOR_FACTORIES, *factories, "", *kept, *on_use, "", "# Last, because" + names.rstrip()]) + "\n"
    )


STUBS = {
    "__init__.pyi": root_stub_text,
    "_tensor/methods.pyi": stub_text,
    "ops/inplace.pyi": inplace_stub_text,
}
"""The text of each stub, by its path in the package."""


if __name__ == "__main__":
    for path, text in STUBS.items():
        target = Path(flambeau.__file__).parent / path
        target.write_text(text())
        print(f"wrote {target}")
