"""Filling tensors with random numbers: the methods ``uniform_``, ``normal_``, ``random_`` and so on.

Each is an op without public function, whose result has the shape and dtype of its first argument and does not depend
on its values: gradients stop there. In place, the result is written into that argument.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import index
from typing import Any, Final, TypeVar

from flambeau import dtypes
from flambeau._dispatch.checks import refuse_unless, zero_gradient
from flambeau._dispatch.declare import primitive
from flambeau._dispatch.runtime import Number
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.methods import TensorMethods
from flambeau.random import _bounds, _for_dtype
from flambeau.random._draws import Draw
from flambeau.random._generator import Generator
from flambeau.random._placing import draw, draws_by_counter, filling_order

__all__: list[str] = []  # methods only

_NOT_GIVEN: Final[Any] = object()

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _filling(node: str) -> Callable[[_Function], _Function]:
    """Declare an op that draws numbers in the shape of its first argument, for use as a method in place."""

    def declare(body: _Function) -> _Function:
        def write(input: Tensor, *args: Any, **kwargs: Any) -> None:
            input._type.kernels.copy_into(input._array, body(input, *args, **kwargs)._array)

        declaration = primitive(
            derivatives={"input": zero_gradient}, inplace=True, method=False, write=write, node=node
        )
        function = declaration(body)
        getattr(TensorMethods, f"{body.__name__}_").__doc__ = body.__doc__  # there is no public function to refer to
        return function

    return declare


def _drawn(input: Tensor, generator: Generator | None, wanted: Draw) -> Tensor:
    """A tensor like ``input``, filled in the order of its memory."""
    shape, type_ = input._array.shape, input._type
    return from_array(draw(type_, shape, generator, wanted, order=filling_order(input)), type_)


@_filling("UniformBackward0")
def uniform(input: Tensor, from_: float = 0.0, to: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with numbers distributed uniformly in [from, to). Source of the semantics: ``torch.Tensor.uniform_``.

    Raises:
        NotImplementedError: the dtype is not floating point.
        RuntimeError: the bounds are in the wrong order, or out of the dtype's range.

    Example:
        >>> import flambeau as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.empty(3).uniform_(-1, 1)
        tensor([-0.0075,  0.5364, -0.8230])
    """
    return _drawn(input, generator, _for_dtype.uniform(input.dtype, from_, to))


@_filling("NormalBackward0")
def normal(input: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with normally distributed numbers. Source of the semantics: ``torch.Tensor.normal_``.

    The numbers of a contiguous tensor of 16 or more elements are made in blocks, others one by one: as in PyTorch,
    the two differ for the same seed.

    Raises:
        NotImplementedError: the dtype is not floating point.
        RuntimeError: ``std`` is negative.

    Example:
        >>> import flambeau as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.empty(3).normal_(10, 2)
        tensor([13.0820,  9.4131,  5.6424])
    """
    return _drawn(input, generator, _for_dtype.normal(input.dtype, mean, std, input.is_contiguous()))


@_filling("LogNormalBackward0")
def log_normal(input: Tensor, mean: float = 1.0, std: float = 2.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with numbers whose logarithms are normally distributed. Source: ``torch.Tensor.log_normal_``.

    Raises:
        NotImplementedError: the dtype is not floating point.
        RuntimeError: ``std`` is not positive.

    Example:
        >>> import flambeau as torch
        >>> bool((torch.empty(100).log_normal_() > 0).all())
        True
    """
    return _drawn(input, generator, _for_dtype.log_normal(input.dtype, mean, std))


@_filling("ExponentialBackward0")
def exponential(input: Tensor, lambd: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with exponentially distributed numbers of rate ``lambd``. Source: ``torch.Tensor.exponential_``.

    Raises:
        RuntimeError: the rate is not positive, or the dtype is not floating point.

    Example:
        >>> import flambeau as torch
        >>> bool((torch.empty(100).exponential_() > 0).all())
        True
    """
    return _drawn(input, generator, _for_dtype.exponential(input.dtype, lambd))


@_filling("CauchyBackward0")
def cauchy(input: Tensor, median: float = 0.0, sigma: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with numbers of Cauchy's distribution. Source of the semantics: ``torch.Tensor.cauchy_``.

    Raises:
        RuntimeError: ``sigma`` is not positive, or the dtype is not floating point.

    Example:
        >>> import flambeau as torch
        >>> torch.empty(2, 3).cauchy_().shape
        torch.Size([2, 3])
    """
    return _drawn(input, generator, _for_dtype.cauchy(input.dtype, median, sigma))


@_filling("GeometricBackward0")
def geometric(input: Tensor, p: float, *, generator: Generator | None = None) -> Tensor:
    """Fill with how many trials it takes until one of probability ``p`` succeeds. Source: ``torch.Tensor.geometric_``.

    Raises:
        RuntimeError: ``p`` is not between 0 and 1.

    Example:
        >>> import flambeau as torch
        >>> bool((torch.empty(100).geometric_(0.5) >= 1).all())
        True
    """
    return _drawn(input, generator, _for_dtype.geometric(input.dtype, p))


@_filling("BernoulliBackward0")
def bernoulli(input: Tensor, p: Tensor | Number = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Fill with ones of probability ``p``, a number or a tensor, and zeros. Source: ``torch.Tensor.bernoulli_``.

    Raises:
        RuntimeError: a probability is not in [0, 1], or ``p`` does not broadcast to the tensor's shape.
        NotImplementedError: ``p`` is a tensor that is not floating point.

    Example:
        >>> import flambeau as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.empty(5).bernoulli_(0.5)
        tensor([0., 0., 1., 0., 0.])
    """
    if isinstance(p, Tensor):
        return _bernoulli_of_tensor(input, p, generator)
    probability = float(p)  # type: ignore[arg-type]  # a complex number is refused by float
    return _drawn(input, generator, _for_dtype.bernoulli(input.dtype, probability))


def _bernoulli_of_tensor(input: Tensor, p: Tensor, generator: Generator | None) -> Tensor:
    """Compare uniform numbers of the precision of the probabilities with them."""
    _bounds.check_floating("bernoulli_tensor_cpu_p_", p.dtype)
    p = p.detach()
    text = "Expected p_in >= 0 && p_in <= 1 to be true, but got false."
    wide = p.expand(input.shape)
    refuse_unless((p >= 0) & (p <= 1), lambda: RuntimeError(text))
    counted = draws_by_counter(input._type.place, generator)
    precise = dtypes.float64 if p.dtype is dtypes.float64 and not counted else dtypes.float32
    type_ = input._type.with_dtype(precise)
    wanted = _for_dtype.uniform(precise)
    if counted:
        wanted = wanted._replace(kind="uniform_runs")
    numbers = from_array(draw(type_, input._array.shape, generator, wanted, order=filling_order(input)), type_)
    # On CUDA devices numbers are in (0, 1], elsewhere in [0, 1).
    return (numbers <= wide if counted else numbers < wide.to(precise)).to(input.dtype)


@_filling("RandomBackward0")
def random(
    input: Tensor, from_: int | None = None, to: int | None = _NOT_GIVEN, *, generator: Generator | None = None
) -> Tensor:
    """Fill with random integers. Source of the semantics: ``torch.Tensor.random_``.

    ``random_(a, b)`` draws from a to b - 1, ``random_(b)`` from 0 to b - 1, ``random_(a, None)`` from a to the
    largest number of the dtype, and ``random_()`` from 0 to the largest; of floating point dtypes the largest is that
    up to which they have all integers.

    Raises:
        RuntimeError: there is nothing between the bounds, or the dtype does not have them.
        NotImplementedError: the dtype is complex.

    Example:
        >>> import flambeau as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.empty(5, dtype=torch.int64).random_(10)
        tensor([4, 9, 3, 0, 3])
    """
    return _drawn(input, generator, _integers_between(input.dtype, from_, to))


def _integers_between(dtype: dtypes.dtype, from_: int | None, to: int | None) -> Draw:
    """What the three forms of ``random_`` draw."""
    if from_ is None:
        return _for_dtype.any_integers(dtype) if to in (None, _NOT_GIVEN) else _integers_between(dtype, 0, to)
    if to is _NOT_GIVEN:
        return _for_dtype.integers(dtype, 0, index(from_))
    return _for_dtype.integers(dtype, index(from_), None if to is None else index(to))
