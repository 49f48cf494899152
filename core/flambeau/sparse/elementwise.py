"""Element-wise operations: those that keep zeros, on the values; those of two tensors, on their patterns."""

from __future__ import annotations

from functools import partial
from typing import Any

from flambeau import dtypes, layouts
from flambeau._dispatch.rows import ROWS
from flambeau._dispatch.sparse_forms import IMPLEMENTATIONS, implements
from flambeau._tensor import Tensor
from flambeau._tensor.sparse import SparseTensor
from flambeau.errors import UnsupportedLayoutError
from flambeau.ops.movement.joining import cat
from flambeau.ops.sorting.searching import searchsorted
from flambeau.promotion import result_dtype
from flambeau.shapes import broadcast_shapes

from ._history import recorded_as
from ._indices import coordinates, in_layout_of, positions, summed
from .conversion import to_coo, to_dense
from .movement import broadcast

__all__ = ["aligned", "partners"]

# They leave zeros; the first group is linear too, so that values at one coordinate need not be added up first.
_LINEAR = ("neg", "positive", "deg2rad", "rad2deg", "conj", "conj_physical")
_ZERO_PRESERVING = (
    "abs", "sin", "asin", "sinh", "asinh", "tan", "atan", "tanh", "atanh", "sqrt", "square", "expm1", "log1p", "sign", "sgn",
    "signbit", "floor", "ceil", "trunc", "round", "frac", "erf", "erfinv", "isnan", "isinf", "isposinf", "isneginf", "relu",
    "angle", "nan_to_num",
)  # fmt: skip
_OTHERS = (
    "cos", "cosh", "acos", "acosh", "exp", "exp2", "log", "log2", "log10", "sigmoid", "reciprocal", "rsqrt", "erfc", "lgamma",
    "digamma", "logit", "logical_not",
)  # fmt: skip


def _of_values(name: str, input: SparseTensor, *args: Any, **kwargs: Any) -> SparseTensor:
    source = input if name in _LINEAR or input.layout is not layouts.sparse_coo else to_coo(input)
    return source.with_values(ROWS[name].function(source._values_, *args, **kwargs))


def _refuse(name: str, input: SparseTensor, *args: Any, **kwargs: Any) -> SparseTensor:
    raise UnsupportedLayoutError(
        f"{name}() of zero is not zero, so that its result is not sparse: convert the tensor with to_dense() first"
    )


for _name in (*_LINEAR, *_ZERO_PRESERVING):
    IMPLEMENTATIONS[_name] = partial(_of_values, _name)
for _name in _OTHERS:
    IMPLEMENTATIONS[_name] = partial(_refuse, _name)


def _is_number(value: Any) -> bool:
    return not isinstance(value, Tensor) or (not value._sparse and not value.dim())


@implements("pow")
def _pow(input: Any, exponent: Any) -> Any:
    if not _is_number(exponent) or not isinstance(input, SparseTensor):
        raise UnsupportedLayoutError(
            "pow() of sparse tensors takes a number for its exponent: convert with to_dense() first"
        )
    if float(exponent) <= 0:
        raise UnsupportedLayoutError(
            "a power that is not positive makes zeros something else: convert with to_dense() first"
        )
    source = to_coo(input) if input.layout is layouts.sparse_coo else input
    return source.with_values(source._values_**exponent)


# -- products ---------------------------------------------------------------


@implements("mul")
def _mul(input: Any, other: Any) -> Any:
    if _is_number(other):
        return input.with_values(input._values_ * other)
    if _is_number(input):
        return other.with_values(input * other._values_)
    if isinstance(input, SparseTensor) and isinstance(other, SparseTensor):
        return _intersection(input, other)
    shape = broadcast_shapes(input.shape, other.shape)
    sparse, dense = (input, other) if isinstance(input, SparseTensor) else (other, input)
    if sparse.shape != shape:
        made = _mul(broadcast(sparse, shape), dense)
        return in_layout_of(sparse, made._components[0], made._values_, tuple(shape))
    source = to_coo(sparse) if sparse.layout is layouts.sparse_coo else sparse
    return source.with_values(source._values_ * _at(dense, source))


@implements("div", "true_divide", "divide")
def _div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Any:
    if isinstance(other, Tensor) and other._sparse:
        raise UnsupportedLayoutError(
            f"Sparse division requires a scalar or zero-dim dense tensor divisor (got shape {list(other.shape)} for divisor): "
            "convert it with to_dense() first"
        )
    source = to_coo(input) if input.layout is layouts.sparse_coo else input
    divisor = other if _is_number(other) else _at(other, source)
    return source.with_values(ROWS["div"].function(source._values_, divisor, rounding_mode=rounding_mode))


def _at(dense: Tensor, sparse: SparseTensor) -> Tensor:
    """The elements of a strided tensor, which broadcasts, where a sparse one stores some."""
    whole = dense if dense.shape == sparse.shape else dense.expand(tuple(sparse.shape))
    return whole[tuple(coordinates(sparse).unbind(0))].reshape(sparse._values_.shape)


def _check_shapes(name: str, input: SparseTensor, other: SparseTensor) -> None:
    if input.shape != other.shape:
        raise RuntimeError(
            f"{name}(): the sizes of sparse tensors must be the same, but got {list(input.shape)} and {list(other.shape)}"
        )


def partners(own: Tensor, theirs: Tensor) -> tuple[Tensor, Tensor]:
    """Which of ``own`` are among the sorted ``theirs``, and where."""
    place = searchsorted(theirs, own).clamp(max=max(theirs.numel() - 1, 0))
    found = (theirs[place] == own) if theirs.numel() else own != own
    return found.nonzero()[:, 0], place[found]


def _intersection(input: SparseTensor, other: SparseTensor) -> SparseTensor:
    _check_shapes("mul", input, other)
    first, second = to_coo(input), to_coo(other)
    size = tuple(input.shape)[: first.sparse_dim()]
    own, theirs = positions(first._components[0], size), positions(second._components[0], size)
    kept, partner = partners(own, theirs)
    values = first._values_.index_select(0, kept) * second._values_.index_select(0, partner)
    return in_layout_of(input, first._components[0][:, kept], values, tuple(input.shape))


@implements("div_rounded")
def _div_rounded(input: Any, other: Any, rounding_mode: str) -> Any:
    return _div(input, other, rounding_mode=rounding_mode)


@implements("floor_divide")
def _floor_divide(input: Any, other: Any) -> Any:
    return _div(input, other, rounding_mode="floor")


# -- sums ---------------------------------------------------------------


@implements("add")
@recorded_as("AddBackward0")
def _add(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    if isinstance(input, SparseTensor) and isinstance(other, SparseTensor):
        _check_shapes("add", input, other)
        first, second = to_coo(input), to_coo(other)
        _check_density(first, second)
        scaled = second._values_ if alpha == 1 else second._values_ * alpha
        indices, values = summed(
            cat([first._components[0], second._components[0]], 1),
            _joined(first._values_, scaled),
            tuple(input.shape)[: first.sparse_dim()],
        )
        return in_layout_of(input, indices, values, tuple(input.shape))
    if _is_number(other) and not isinstance(other, Tensor):
        raise UnsupportedLayoutError(
            "adding a number to a sparse tensor makes its zeros something else: convert it with to_dense() first"
        )
    dense = to_dense(input) if isinstance(input, SparseTensor) else input
    addend = to_dense(other) if isinstance(other, SparseTensor) else other
    return ROWS["add"].function(dense, addend, alpha=alpha)


def _check_density(first: SparseTensor, second: SparseTensor) -> None:
    if first.sparse_dim() != second.sparse_dim():
        raise RuntimeError(
            f"add: expected 'self' and 'other' to have same density, but 'self' has {first.sparse_dim()} sparse dimensions while "
            f"'other' has {second.sparse_dim()} sparse dimensions"
        )


def _joined(first: Tensor, second: Tensor) -> Tensor:
    dtype = result_dtype((first, second))
    return cat([first.to(dtype), second.to(dtype)])


@implements("sub")
@recorded_as("SubBackward0")
def _sub(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    return _add(input, other, alpha=-alpha)


def aligned(input: SparseTensor, other: SparseTensor) -> tuple[Tensor, Tensor, Tensor]:
    """Where either of two tensors stores an element, and the values of both there."""
    first, second = to_coo(input), to_coo(other)
    size = tuple(input.shape)[: first.sparse_dim()]
    indices = cat([first._components[0], second._components[0]], 1)
    nothing = [values.new_zeros(values.shape) for values in (first._values_, second._values_)]
    places, one = summed(indices, cat([first._values_, nothing[1].to(first.dtype)]), size)
    _, two = summed(indices, cat([nothing[0].to(second.dtype), second._values_]), size)
    return places, one, two


@implements("allclose")
def _allclose(input: Any, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    if not (isinstance(input, SparseTensor) and isinstance(other, SparseTensor)):
        raise UnsupportedLayoutError("allclose() compares two sparse tensors: convert one with to_dense() first")
    _check_shapes("allclose", input, other)
    _, one, two = aligned(input, other)
    return bool(ROWS["allclose"].function(one, two, rtol, atol, equal_nan))


@implements("equal")
def _equal(input: Any, other: Any) -> bool:
    if not (isinstance(input, SparseTensor) and isinstance(other, SparseTensor)) or input.shape != other.shape:
        return False
    _, one, two = aligned(input, other)
    return bool((one == two).all()) and input.dtype is other.dtype


# -- comparison ---------------------------------------------------------------

_TURNED_ROUND = {"eq": "eq", "ne": "ne", "lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}


def _compare(name: str, input: Any, other: Any) -> Any:
    function = ROWS[name].function
    sparse = isinstance(input, SparseTensor), isinstance(other, SparseTensor)
    if all(sparse):
        _check_shapes(name, input, other)
        if name in ("eq", "le", "ge"):
            raise UnsupportedLayoutError(
                f"{name}() of two zeros is True, so that its result is not sparse: convert with to_dense() first"
            )
        places, one, two = aligned(input, other)
        return in_layout_of(input, places, function(one, two), tuple(input.shape))
    if not sparse[0]:
        return _compare(_TURNED_ROUND[name], other, input)
    if not _is_number(other):
        return function(to_dense(input), other)
    zero = input._values_.new_zeros(())
    if bool(function(zero, other)):
        raise UnsupportedLayoutError(
            f"{name}() of zero and {other} is True, so that its result is not sparse: convert with to_dense() first"
        )
    source = to_coo(input) if input.layout is layouts.sparse_coo else input
    return source.with_values(function(source._values_, other))


for _name in _TURNED_ROUND:
    IMPLEMENTATIONS[_name] = partial(_compare, _name)


@implements("any")
def _any(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    if dim is not None:
        raise UnsupportedLayoutError("any() along a dimension: convert with to_dense() first")
    return to_coo(input)._values_.any()


@implements("is_nonzero")
def _truth(input: SparseTensor) -> bool:
    return bool(input._values_.to(dtypes.bool).any())
