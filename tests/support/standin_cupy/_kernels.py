"""User-defined kernels: straight-line arithmetic is computed, any other CUDA code refused."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from cuda_on_host import launched

from . import _streams
from ._ndarray import check_device, ndarray, wrap
from ._raw import RENDERINGS
from ._raw_ctc import RENDERINGS as CTC_RENDERINGS
from ._raw_rows import RENDERINGS as ROW_RENDERINGS
from ._raw_steps import STEPS, step
from ._raw_windows import RENDERINGS as WINDOW_RENDERINGS
from ._statements import FUNCTIONS, compiled

__all__ = ["ElementwiseKernel", "RawKernel", "ReductionKernel"]


class RawKernel:
    """``cupy.RawKernel``: runs where there is a NumPy rendering of the name, or the text itself where :data:`by_text` says so."""

    by_text: bool = False
    """Whether a C++ compiler compiles the text, and that is run."""

    def __init__(self, code: str, name: str, options: tuple[str, ...] = (), backend: str = "nvrtc") -> None:
        self.code, self.name, self.options, self.backend = code, name, options, backend

    def __call__(self, grid: Any, block: Any, args: Any, **options: Any) -> None:
        check_device(*(argument for argument in args if isinstance(argument, ndarray)))
        if not all(
            argument is None or isinstance(argument, (ndarray, np.generic)) or _is_struct(argument) for argument in args
        ):
            raise TypeError("a raw kernel takes arrays, numbers whose size is known, structs, and None for no array")
        _check_launch(grid, block)
        if not _streams.capture(lambda: self._run(grid, block, args)):
            self._run(grid, block, args)

    def _run(self, grid: Any, block: Any, args: Any) -> None:
        if RawKernel.by_text:
            launched(self.code, self.name, grid, block, [_host(argument) for argument in args])
            return
        rendering = RENDERINGS.get(self.name)
        if rendering is not None:
            rendering(grid, block, args)
            return
        if STEPS in self.code:
            step(self.code, *args)
            return
        found = (ROW_RENDERINGS | WINDOW_RENDERINGS | CTC_RENDERINGS).get(
            re.sub(r"^flambeau_|_(float16|bfloat16|float32|float64|int64)(_\d+)?$", "", self.name)
        )
        if found is None:
            raise NotImplementedError(f"the stand-in has no compiler for the CUDA code of '{self.name}'")
        with np.errstate(all="ignore"):
            found(*[_host(argument) for argument in args])


_GRID, _BLOCK, _THREADS = ((1 << 31) - 1, 65535, 65535), (1024, 1024, 64), 1024
"""The largest sizes of a grid and of a block, and how many threads a block may have."""


def _check_launch(grid: Any, block: Any) -> None:
    """Refuse what the driver refuses.

    Raises:
        RuntimeError: a grid or a block is empty or too large.
    """
    for sizes, limits in ((grid, _GRID), (block, _BLOCK)):
        if not all(0 < size <= limit for size, limit in zip(sizes, limits, strict=False)):
            raise RuntimeError(f"CUDA_ERROR_INVALID_VALUE: invalid argument: grid {grid}, block {block}")
    if prod(block) > _THREADS:
        raise RuntimeError(f"CUDA_ERROR_INVALID_VALUE: invalid argument: block {block}")


def _is_struct(argument: Any) -> bool:
    """Whether it is a NumPy array of one struct, which is passed by value."""
    return isinstance(argument, np.ndarray) and argument.dtype.names is not None and argument.size == 1


def _host(argument: Any) -> Any:
    return argument._host if isinstance(argument, ndarray) else argument


class ElementwiseKernel:
    """``cupy.ElementwiseKernel`` for assignments of sums, products, quotients, powers and choices of one type ``T``.

    Parameters may be of another type ``S``, out of which and into which those of ``T`` are made.
    """

    def __init__(
        self, in_params: str, out_params: str, operation: str, name: str = "kernel", reduce_dims: bool = True,
        preamble: str = "", no_return: bool = False, return_tuple: bool = False, **kwargs: Any,
    ) -> None:  # fmt: skip
        if preamble or kwargs:
            raise NotImplementedError("the stand-in has no compiler: no preamble, no options")
        self.name, self.operation = name, operation
        self.in_params, self.out_params = _names(in_params, "TS"), _names(out_params, "TS")
        self._kinds = [param.split()[0] for param in f"{in_params}, {out_params}".split(",")]
        self._code = compiled(operation, set(self.in_params) | set(self.out_params))

    def __call__(self, *args: Any) -> Any:
        count = len(self.in_params)
        if len(args) != count + len(self.out_params):
            raise TypeError(f"Wrong number of arguments for '{self.name}': the stand-in wants the outputs too")
        outputs = args[count:]
        types: dict[str, Any] = {}
        for kind in set(self._kinds):
            some = [value for value, of in zip(args, self._kinds, strict=True) if of == kind]
            types[kind] = _common_dtype(some, [value for value in some if isinstance(value, ndarray)]).type
        if "typedef float T;" in self.operation:
            types["T"] = np.float32
        shape = np.broadcast_shapes(*(output.shape for output in outputs))
        if any(output.shape != shape for output in outputs):
            raise ValueError("Out shape is mismatched")
        if not _streams.capture(lambda: self._run(args, types)):
            self._run(args, types)
        return outputs[0] if len(outputs) == 1 else outputs

    def _run(self, args: Sequence[Any], types: dict[str, Any]) -> None:
        variables: dict[str, Any] = {
            name: value._host.copy() if isinstance(value, ndarray) else types[kind](value)
            for name, value, kind in zip(self.in_params + self.out_params, args, self._kinds, strict=True)
        }
        with np.errstate(all="ignore"):
            exec(
                self._code, {"__builtins__": {}, **FUNCTIONS, **{kind: _cast(types[kind]) for kind in types}}, variables
            )
        for name, output in zip(self.out_params, args[len(self.in_params) :], strict=True):
            output._host[...] = variables[name]


def _cast(type_: Any) -> Any:
    """What makes numbers of the type, of arrays too."""
    return lambda value: value.astype(type_) if isinstance(value, np.ndarray) else type_(value)


class ReductionKernel:
    """``cupy.ReductionKernel`` for sums of what is computed of each element."""

    def __init__(
        self, in_params: str, out_params: str, map_expr: str, reduce_expr: str, post_map_expr: str, identity: Any,
        name: str = "reduce_kernel", reduce_type: Any = None, reduce_dims: bool = True, preamble: str = "",
        options: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        if (reduce_expr, post_map_expr, identity) != ("a + b", "y = a", "0") or preamble or options or reduce_type:
            raise NotImplementedError("the stand-in knows sums only: 'a + b', 'y = a' and '0'")
        self.name, self.in_params = name, _names(in_params)
        self._code = compiled(f"{out_params.split()[1]} = {map_expr};", {*self.in_params, *_names(out_params)})

    def __call__(
        self, *args: Any, out: Any = None, axis: Any = None, keepdims: bool = False, stream: Any = None
    ) -> Any:
        if len(args) != len(self.in_params) or out is not None or stream is not None:
            raise TypeError(f"Wrong number of arguments for '{self.name}'")
        dtype = _common_dtype(args, args[:1])
        shape = np.broadcast_shapes(*(arg.shape for arg in args if isinstance(arg, ndarray)))
        values = [np.broadcast_to(arg._host, shape) if isinstance(arg, ndarray) else dtype.type(arg) for arg in args]
        variables: dict[str, Any] = dict(zip(self.in_params, values, strict=True))
        with np.errstate(all="ignore"):
            exec(self._code, {"__builtins__": {}, **FUNCTIONS, "T": dtype.type}, variables)
            terms = np.broadcast_to(variables["y"], shape)
            return wrap(np.asarray(np.sum(terms, axis=axis, keepdims=keepdims, dtype=dtype)))


def _names(params: str, kinds: str = "T") -> list[str]:
    """The names in ``"T x, T y"``.

    Raises:
        NotImplementedError: a parameter is of another type.
    """
    pairs = [param.split() for param in params.split(",") if param.strip()]
    if any(pair[-1] == "i" for pair in pairs):
        raise ValueError("Can not use 'i' as a parameter name")
    if any(len(pair) != 2 or pair[0] not in tuple(kinds) for pair in pairs):
        raise NotImplementedError(f"the stand-in knows parameters 'T name' only, not '{params}'")
    return [name for _, name in pairs]


def _common_dtype(args: Sequence[Any], outputs: Sequence[Any]) -> np.dtype[Any]:
    if not all(isinstance(output, ndarray) for output in outputs):
        raise TypeError("Output arguments must be cupy.ndarray")
    arrays = [arg for arg in args if isinstance(arg, ndarray)]
    check_device(*arrays)
    if any(isinstance(arg, np.ndarray) for arg in args):
        raise TypeError(f"Unsupported type {np.ndarray}")
    if any(array.dtype != outputs[0].dtype for array in arrays):
        raise TypeError("Type is mismatched: T " + " ".join(str(array.dtype) for array in arrays))
    dtype: np.dtype[Any] = outputs[0].dtype
    return dtype
