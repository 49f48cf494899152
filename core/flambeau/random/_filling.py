"""Filling tensors with random numbers: the methods ``uniform_``, ``normal_``, ``random_`` and so on.

Each is an op without public function, whose result has the shape and dtype of its first argument and does not depend
on its values: gradients stop there. In place, the result is written into that argument.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import index
from typing import Any, Final, TypeVar

from .. import dtypes
from .._methods import TensorMethods
from .._tensor import Tensor, from_array
from ..ops._declare import primitive
from ..ops._runtime import Number
from ..printing import scalar_type_name
from . import _bounds, _samplers
from ._for_dtype import any_integer_sampler, integer_sampler, normal_sampler, uniform_sampler
from ._generator import Generator
from ._placing import Sampler, draw, memory_order

__all__: list[str] = []  # methods only

_NOT_GIVEN: Final[Any] = object()

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _filling(node: str) -> Callable[[_Function], _Function]:
    """Declare an op that draws numbers in the shape of its first argument, for use as a method in place."""

    def declare(body: _Function) -> _Function:
        def write(input: Tensor, *args: Any, **kwargs: Any) -> None:
            input._type.kernels.copy_into(input._array, body(input, *args, **kwargs)._array)

        declaration = primitive(
            derivatives={"input": lambda grad: grad * 0}, inplace=True, method=False, write=write, node=node
        )
        function = declaration(body)
        getattr(TensorMethods, f"{body.__name__}_").__doc__ = body.__doc__  # there is no public function to refer to
        return function

    return declare


def _drawn(input: Tensor, generator: Generator | None, sampler: Sampler, drawn: dtypes.dtype | None = None) -> Tensor:
    """A tensor like ``input``, filled in the order of its memory."""
    shape, type_ = input._array.shape, input._type
    return from_array(draw(type_, shape, generator, sampler, order=memory_order(input), drawn=drawn), type_)


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
    return _drawn(input, generator, uniform_sampler(input.dtype, from_, to))


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
    return _drawn(input, generator, normal_sampler(input.dtype, mean, std, input.is_contiguous()))


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
    _bounds.check_floating("log_normal_cpu", input.dtype)
    if not std > 0:
        raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std:g}")
    part = input.dtype.name
    return _drawn(input, generator, lambda stream, _, count: _samplers.log_normal(stream, count, mean, std, part))


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
    _check_continuous("Exponential", input.dtype)
    if not lambd > 0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={lambd:g}")
    part = input.dtype.name
    return _drawn(
        input,
        generator,
        lambda stream, transforms, count: _samplers.exponential(stream, transforms, count, lambd, part),
    )


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
    _check_continuous("Cauchy", input.dtype)
    if not sigma > 0:
        raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma:g}")
    part = input.dtype.name
    return _drawn(input, generator, lambda stream, _, count: _samplers.cauchy(stream, count, median, sigma, part))


def _check_continuous(name: str, dtype: dtypes.dtype) -> None:
    if not dtype.is_floating_point:
        raise RuntimeError(
            f"{name} distribution is a continuous probability distribution. dtype must be a floating point but you "
            f"specified {scalar_type_name(dtype)}"
        )


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
    if not 0 < p < 1:
        raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p:g}")
    return _drawn(
        input, generator, lambda stream, _, count: _samplers.geometric(stream, count, p), drawn=dtypes.float64
    )


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
    if input.dtype.is_complex:
        raise _bounds.not_implemented("bernoulli_scalar_cpu_", input.dtype)
    probability = float(p)  # type: ignore[arg-type]  # a complex number is refused by float
    if not 0 <= probability <= 1:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={probability:g}")
    return _drawn(
        input,
        generator,
        lambda stream, transforms, count: _samplers.bernoulli(stream, transforms, count, probability),
        drawn=dtypes.bool,
    )


def _bernoulli_of_tensor(input: Tensor, p: Tensor, generator: Generator | None) -> Tensor:
    """Compare uniform numbers of the precision of the probabilities with them."""
    _bounds.check_floating("bernoulli_tensor_cpu_p_", p.dtype)
    p = p.detach()
    if not bool(((p >= 0) & (p <= 1)).all()):
        raise RuntimeError("Expected p_in >= 0 && p_in <= 1 to be true, but got false.")
    p = p.expand(input.shape)
    precise = dtypes.float64 if p.dtype is dtypes.float64 else dtypes.float32
    uniforms = draw(
        p._type.with_dtype(precise),
        input._array.shape,
        generator,
        lambda stream, transforms, count: _samplers.uniform(stream, transforms, count, 0.0, 1.0, precise.name),
        order=memory_order(input),
    )
    return (from_array(uniforms, p._type.with_dtype(precise)) < p.to(precise)).to(input.dtype)


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
    return _drawn(input, generator, _random_sampler(input.dtype, from_, to), drawn=dtypes.int64)


def _random_sampler(dtype: dtypes.dtype, from_: int | None, to: int | None) -> Sampler:
    """What the three forms of ``random_`` draw."""
    if from_ is None:
        return any_integer_sampler(dtype)
    if to is _NOT_GIVEN:
        return integer_sampler(dtype, 0, index(from_))
    return integer_sampler(dtype, index(from_), None if to is None else index(to))
