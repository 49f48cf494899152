"""Options in combination: values for the parameters of public functions, by name, tried in pairs.

Which parameters a function has is read from its signature, and what a parameter of that name can be stands here, so that a
new function's options are tried without being named.
"""

from __future__ import annotations

import importlib
import inspect
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Any

__all__ = ["Called", "dim_bounds", "is_public", "option_pairs", "takes"]

_VALUES: dict[str, tuple[Any, ...]] = {
    "dim": (0, -1, (0, 1), None), "dims": (0, (0, -1)), "axis": (), "keepdim": (True, False), "dtype": ("float64", "int64"),
    "descending": (True, False), "stable": (True,), "largest": (False, True), "sorted": (True,), "k": (1, 2), "n": (1, 2),
    "correction": (0, 2), "unbiased": (False, True), "p": (0, 1, 2, 3.5, float("inf")), "ord": (1, 2, float("inf"), -1),
    "q": (0.25, 1.0), "interpolation": ("lower", "higher", "midpoint", "nearest"), "alpha": (2, -1), "beta": (0, 0.5),
    "value": (2,), "rounding_mode": ("floor", "trunc"), "diagonal": (1, -1), "offset": (1, -1), "dim1": (0, 1),
    "dim2": (1, 0), "dim0": (0, -1), "shifts": (1, -2), "decimals": (1, -1), "approximate": ("tanh", "none"),
    "min": (-0.5, 0, float("-inf")), "max": (0.5, 1, float("inf")), "eps": (0.1,), "nan": (1.5,),
    "posinf": (9.0, float("inf")), "neginf": (-9.0,),
    "bins": (3, 5), "right": (True,), "side": ("right", "left"), "out_int32": (True,), "upper": (True, False),
    "hermitian": (False,), "full_matrices": (False, True), "reduction": ("none", "sum", "mean"), "weight": (),
    "negative_slope": (0.2,), "threshold": (0.5,), "lambd": (0.3,), "inplace": (False,), "accumulate": (True, False),
    "reduce": ("sum", "prod", "mean", "amax", "amin"), "include_self": (False, True), "return_inverse": (True,),
    "return_counts": (True,), "norm": ("ortho", "forward", "backward"), "start_dim": (0, 1), "end_dim": (-1, 1),
    "repeats": (2,), "chunks": (2, 3), "sections": (), "size": (), "index": (), "margin": (0.5,), "delta": (0.7,),
    "log_target": (True,), "log_input": (False,), "full": (True,), "label_smoothing": (0.1,), "equal_nan": (True,),
    "rtol": (0.1,), "atol": (0.2,), "as_tuple": (True,), "indexing": ("ij", "xy"), "mode": ("reduced", "complete", "r"),
    "prepend": (), "append": (), "spacing": (2.0,), "edge_order": (2,), "weights": (), "minlength": (7,), "increasing": (True,),
    "N": (2, 4), "maxnorm": (0.5,), "normalized_shape": (), "training": (True, False), "keep_dims": (), "step": (2,),
    "dimension": (0, -1), "sizes": (), "src": (), "dx": (0.5,), "x": (), "driver": (), "left": (False, True),
    "transpose": (True,), "unitriangular": (True,), "pivot": (False,), "other": (), "lower": (True,), "ddof": (),
    "r": (1, 2, 3), "with_replacement": (True,), "diff": (), "window": (), "ignore_index": (1,), "beta_": (), "M": (),
    "stride": (2,), "padding": (1,), "dilation": (2,), "groups": (2,), "output_padding": (1,), "pad": (1,),
}  # fmt: skip


@cache
def _function(name: str) -> tuple[Any, tuple[str, ...]] | None:
    """The path from the module to a public function, and the names of its parameters."""
    library = importlib.import_module("flambeau")
    for path in ((), ("linalg",), ("nn", "functional"), ("special",), ("fft",)):
        owner = library
        for part in path:
            owner = getattr(owner, part)
        function = getattr(owner, name, None)
        if function is not None and callable(function) and not inspect.isclass(function):
            try:
                return (*path, name), tuple(inspect.signature(function).parameters)
            except (TypeError, ValueError):
                return None
    return None


@dataclass(frozen=True)
class Called:
    """A public function with options, to be called with a module and tensors.

    Attributes:
        path: of the function in the module, its own name last.
        options: by name; of a dtype, its name.
    """

    path: tuple[str, ...]
    options: tuple[tuple[str, Any], ...]

    @classmethod
    def of(cls, name: str) -> Called:
        """A public function without options.

        Raises:
            LookupError: there is none of this name.
        """
        found = _function(name)
        if found is None:
            raise LookupError(f"there is no public function {name}")
        return cls(found[0], ())

    def __call__(self, t: Any, *tensors: Any) -> Any:
        """The results of the function of a module, which may warn that it is called so: PyTorch does the first time only."""
        with warnings.catch_warnings(action="ignore", category=UserWarning):
            return self.function(t)(*tensors, **self.given(t))

    def function(self, t: Any) -> Any:
        """The function of a module."""
        found: Any = t
        for part in self.path:
            found = getattr(found, part)
        return found

    def given(self, t: Any) -> dict[str, Any]:
        """The options as the module takes them."""
        return {key: getattr(t, value) if key == "dtype" else value for key, value in self.options}

    @property
    def spelled(self) -> str:
        """The options as a part of an address."""
        return ",".join(f"{key}={value}" for key, value in self.options).replace("/", "-") or "bare"


def is_public(name: str) -> bool:
    """Whether it is the name of a public function, of one of the namespaces of functions."""
    return _function(name) is not None


def takes(name: str, parameter: str) -> bool:
    """Whether it is the name of a public function that has a parameter of that name."""
    found = _function(name)
    return found is not None and parameter in found[1]


def option_pairs(name: str, tensors: int) -> Iterator[Called]:
    """Calls of a function on so many tensors without, with one and with two options."""
    found = _function(name)
    if found is None:
        return
    path, parameters = found
    choices = [(parameter, value) for parameter in parameters[tensors:] for value in _VALUES.get(parameter, ())]
    yield Called(path, ())
    for chosen in (*((one,) for one in choices), *combinations(choices, 2)):
        if len(dict(chosen)) == len(chosen):
            yield Called(path, chosen)


_DIMS = ("dim", "dims", "axis", "dim0", "dim1", "dim2", "start_dim", "end_dim")


def dim_bounds(called: Called, dims: int) -> Iterator[Called]:
    """A call with each of its dimensions at the limits, and beyond: of so many dims, from -dims - 1 to dims."""
    for key, _ in called.options:
        for value in (-dims - 1, -dims, dims - 1, dims) if key in _DIMS else ():
            yield Called(called.path, tuple((each, value if each == key else kept) for each, kept in called.options))
