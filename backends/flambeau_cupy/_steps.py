"""Optimizer steps: one CUDA kernel for many parameters, instead of one for every operation on each.

A step is memory-bound, and the composition reads and writes the arrays a dozen times. The formulas are C and have PyTorch's order
of operations; the compiler may fuse a product with a sum. Halves are computed with in float32, as in PyTorch's fused steps.

The addresses of the arrays go to the kernel by value, in a struct, so that nothing is copied to the device before a launch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import accumulate
from math import sqrt
from typing import Any, NamedTuple

import cupy
import numpy as np

from flambeau.backend import Array

from ._source import raw

__all__ = ["Formula", "average", "gradient", "one_step", "several_steps"]


class Formula(NamedTuple):
    """A step on one element."""

    name: str
    written: str
    """The names of the parameter and of what is kept of it, as far as there is some; that of the gradient is ``g``."""
    numbers: Mapping[str, float]
    body: str
    """Statements of the type ``T``."""


Formulas = Mapping[str, tuple[int, Callable[..., Formula]]]
"""By the names of kernels: how many states there may be, and what makes the formula of the options and of which there are."""


def sgd(
    states: Sequence[bool],
    lr: float,
    momentum: float,
    dampening: float,
    weight_decay: float,
    nesterov: bool,
    maximize: bool,
) -> Formula:
    """Stochastic gradient descent."""
    following = gradient(maximize, bool(weight_decay))
    numbers = {"lr": lr, "weight_decay": weight_decay}
    if not states[0]:
        return Formula("sgd", "p", numbers, f"{following} p = p - d * lr;")
    moved = "(d + b * momentum)" if nesterov else "b"
    body = f"{following} b = b * momentum + d * rise; p = p - {moved} * lr;"
    return Formula("sgd_with_momentum", "p b", numbers | {"momentum": momentum, "rise": 1 - dampening}, body)


def adam(
    states: Sequence[bool], step: int, lr: float, beta1: float, beta2: float, eps: float, weight_decay: float,
    decoupled: bool, maximize: bool,
) -> Formula:  # fmt: skip
    """Adam, and AdamW where ``decoupled``."""
    numbers = {
        "weight_decay": weight_decay, "rise1": 1 - beta1, "beta2": beta2, "rise2": 1 - beta2,
        "shrink": 1 - lr * weight_decay if decoupled else 1.0, "correction": sqrt(1 - beta2**step), "eps": eps,
        "step_size": lr / (1 - beta1**step),
    }  # fmt: skip
    averages = f"{gradient(maximize, bool(weight_decay) and not decoupled)} {average(1 - beta1)} v = v * beta2 + d * d * rise2;"
    root, written = "v", "p m v"
    if states[2]:
        averages += "x = x > v ? x : x == x ? v : x;"  # CUDA's own max would hide a nan
        root, written = "x", "p m v x"
    body = f"{averages} p = p * shrink - m / (sqrt({root}) / correction + eps) * step_size;"
    return Formula("adam", written, numbers, body)


def gradient(maximize: bool, decays: bool) -> str:
    """The statement that makes the gradient ``d`` to follow down."""
    return f"T d = {'-' if maximize else ''}g{' + p * weight_decay' if decays else ''};"


def average(rise: float) -> str:
    """The statement that takes ``d`` into its average ``m``, from the nearer end as PyTorch's lerp."""
    return "m = m + (d - m) * rise1;" if rise < 0.5 else "m = d - (d - m) * (1 - rise1);"


FORMULAS: Formulas = {"sgd_step": (1, sgd), "adam_step": (3, adam)}


# -- launches --------------------------------------------------------------------------------------------


def one_step(count: int, formula: Callable[..., Formula]) -> Callable[..., None]:
    """The kernel of a step of one parameter, its gradient and so many states, each of which may be None."""

    def step(parameter: Array, grad: Array, *rest: Any) -> None:
        states = rest[:count]
        _launch(formula([state is not None for state in states], *rest[count:]), [(parameter, grad, *states)])

    return step


def several_steps(formulas: Formulas) -> Callable[[str, Sequence[Sequence[Array | None]], Sequence[Any]], None]:
    """The kernel of steps of several parameters."""

    def many_steps(name: str, rows: Sequence[Sequence[Array | None]], options: Sequence[Any]) -> None:
        by_states: dict[tuple[bool, ...], list[Sequence[Array | None]]] = {}
        for row in rows:
            by_states.setdefault(tuple(state is not None for state in row[2:]), []).append(row)
        for states, some in by_states.items():
            _launch(formulas[name][1](states, *options), some)

    return many_steps


def _launch(formula: Formula, rows: Sequence[Sequence[Array | None]]) -> None:
    """The step on rows of a parameter, its gradient and its states, which are all alike."""
    flat, copied = [], []
    for parameter, grad, *states in rows:
        arrays = [grad, parameter, *(state for state in states if state is not None)]
        if not _lie_alike(arrays):
            given, arrays = arrays, [array.copy(order="C") for array in arrays]
            copied += list(zip(given[1:], arrays[1:], strict=True))
        flat.append([_in_parts(array) for array in arrays] if arrays[0].dtype.kind == "c" else arrays)
    for some in _parts(flat):
        _launch_flat(formula, some)
    for given, made in copied:
        cupy.copyto(given, made)


def _in_parts(array: Array) -> Array:
    """The real and the imaginary parts of complex numbers, side by side: SGD takes them as they are."""
    return array.reshape(-1).view("float32" if array.itemsize == 8 else "float64")


def _lie_alike(arrays: Sequence[Array]) -> bool:
    """Whether elements of the same index lie at the same place of memory without gaps, in C order or another."""
    if all(array.flags.c_contiguous for array in arrays):
        return True
    first = arrays[0]
    if first.dtype.kind == "c":
        return False
    reach = sum((size - 1) * stride for size, stride in zip(first.shape, first.strides, strict=True))
    dense = first.size > 0 and reach == (first.size - 1) * first.itemsize and 0 not in first.strides
    return dense and all(array.strides == first.strides for array in arrays)


_CHUNK, _THREADS = 1 << 12, 256
"""Elements of a block, and its threads."""

_PARAMETERS = 3800
"""Bytes that a launch's table of arrays may have; all parameters of a kernel have 4096."""


def _room(depth: int) -> int:
    """How many rows of that many arrays a table holds."""
    return _PARAMETERS // (8 * depth + 12) // 2 * 2


def _parts(rows: list[Any]) -> Iterator[list[Any]]:
    """Rows of one dtype, as many as go to a launch."""
    by_dtype: dict[Any, list[Any]] = {}
    for row in rows:
        if row[0].size:
            by_dtype.setdefault(row[0].dtype, []).append(row)
    for some in by_dtype.values():
        room = _room(len(some[0]))
        for start in range(0, len(some), room):
            yield some[start : start + room]


def _launch_flat(formula: Formula, rows: list[Any]) -> None:
    depth, dtype = len(rows[0]), rows[0][0].dtype
    sizes = [row[0].size for row in rows]
    *starts, blocks = accumulate((-(-size // _CHUNK) for size in sizes), initial=0)
    table = np.zeros(1, _table(depth))
    table["at"][0, :, : len(rows)] = [[row[place].data.ptr for row in rows] for place in range(depth)]
    table["sizes"][0, : len(rows)] = sizes
    table["starts"][0, : len(rows)] = starts
    number = np.float64 if dtype.itemsize == 8 else np.float32
    numbers = [number(value) for value in formula.numbers.values()]
    kernel = raw(formula.name, step_text(formula.written, tuple(formula.numbers), formula.body), dtype.name)
    kernel((blocks,), (_THREADS,), (table, np.int32(len(rows)), *numbers))


@cache
def _table(depth: int) -> np.dtype[Any]:
    """The struct ``Table`` of the text."""
    room = _room(depth)
    return np.dtype([("at", "u8", (depth, room)), ("sizes", "i8", (room,)), ("starts", "i4", (room,))], align=True)


@cache
def step_text(written: str, numbers: tuple[str, ...], body: str) -> str:
    """The text of a step on many arrays: blocks of a chunk each, of which those of an array begin at ``starts``."""
    names = ["g", *written.split()]
    reads = [f"T {name} = wide(table.at[{place}][row][k]);" for place, name in enumerate(names)]
    writes = [f"put(table.at[{place}][row][k], {name});" for place, name in enumerate(names) if place]
    room = _room(len(names))
    return f"""
struct Table {{ S* at[{len(names)}][{room}]; i64 sizes[{room}]; int starts[{room}]; }};

extern "C" __global__ void NAME(const Table table, int count, {", ".join(f"T {name}" for name in numbers)}) {{
    int row = 0;
    while (row + 1 < count && table.starts[row + 1] <= (int)blockIdx.x) ++row;
    const i64 begin = (i64)((int)blockIdx.x - table.starts[row]) * {_CHUNK}, size = table.sizes[row];
    const i64 end = begin + {_CHUNK} < size ? begin + {_CHUNK} : size;
    for (i64 k = begin + threadIdx.x; k < end; k += blockDim.x) {{
        {" ".join(reads)}
        {body}
        {" ".join(writes)}
    }}
}}
"""
