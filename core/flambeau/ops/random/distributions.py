"""Random tensors of a distribution: of numbers, or of those that other tensors determine."""

from __future__ import annotations

import math
from typing import Any

from flambeau import dtypes, layouts
from flambeau._dispatch.checks import refuse_unless
from flambeau._dispatch.declare import primitive
from flambeau._dispatch.factories import TypeOf, check_shape, factory
from flambeau._dispatch.out import with_out
from flambeau._dispatch.runtime import check_places, not_a_tensor
from flambeau._dispatch.spelling import spelled
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.methods import method
from flambeau._tensor.overrides import overridable
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.dtypes import scalar_type_name
from flambeau.ops.creation.filled import empty, empty_like
from flambeau.ops.indexing._ends import in_range
from flambeau.ops.sorting.searching import searchsorted
from flambeau.random import _bounds, _counts
from flambeau.random._draws import Draw
from flambeau.random._generator import Generator
from flambeau.shapes import Shape, as_int, broadcast_shapes, normalize_dim, size_argument

from . import filling as _filling
from .factories import rand, randperm

__all__ = [
    "bernoulli", "binomial", "cauchy", "exponential", "geometric", "log_normal", "multinomial", "normal", "poisson", "shuffle",
]  # fmt: skip


# -- what is drawn with a tensor does not move when the tensor does: it requires grad, and the gradient is 0 ------------


def _still(grad: Tensor, input_shape: Shape) -> Tensor:
    return grad.new_zeros(input_shape)


def _other_still(grad: Tensor, std_shape: Shape) -> Tensor:
    return grad.new_zeros(std_shape)


@primitive(derivatives={"input": _still}, method=False, node="BernoulliBackward0")
def _bernoulli_of(input: Tensor, drawn: Tensor) -> Tensor:
    return from_array(drawn._array, drawn._type)


@primitive(derivatives={"input": _still}, method=False, node="PoissonBackward0")
def _poisson_of(input: Tensor, drawn: Tensor) -> Tensor:
    return from_array(drawn._array, drawn._type)


@primitive(derivatives={"input": _still, "std": _other_still}, method=False, node="NormalBackward3")
def _normal_of(input: Tensor, std: Tensor, drawn: Tensor) -> Tensor:
    return from_array(drawn._array, drawn._type)


@spelled()
@method("bernoulli")
def bernoulli(
    input: Tensor, p: float | None = None, *, generator: Generator | None = None, out: Tensor | None = None
) -> Tensor:
    """Draw ones with the probabilities in ``input``, or with probability ``p``; zeros otherwise.

    The result has the shape and dtype of ``input``; its gradient is 0. Source of the semantics:
    ``torch.bernoulli``.

    Raises:
        RuntimeError: a probability is not in [0, 1].
        NotImplementedError: probabilities are not floating point.

    Example:
        >>> import flambeau as torch
        >>> torch.bernoulli(torch.tensor([0.0, 1.0]))
        tensor([0., 1.])
    """
    if out is not None:
        return with_out(out, lambda: _bernoulli(input.detach(), p, generator, out))  # type: ignore[no-any-return]
    drawn = _bernoulli(input, p, generator)
    return _bernoulli_of(input, drawn) if input.requires_grad else drawn


def _bernoulli(input: Tensor, p: float | None, generator: Generator | None, out: Tensor | None = None) -> Tensor:
    target = _drawn_for(out, input.shape, input)
    return _filling.bernoulli(target, input.detach() if p is None else p, generator=generator)


def _drawn_for(out: Tensor | None, shape: Shape, like: Tensor) -> Tensor:
    """A tensor to draw for: ``out`` itself, which is not written to here, or an empty one of its dtype."""
    if isinstance(out, Tensor) and not out._sparse:
        if out.shape == shape:
            return out
        like = out
    return empty(shape, dtype=like.dtype, device=like.device)


@overridable
def normal(
    mean: Tensor | float,
    std: Tensor | float = 1.0,
    size: Any = None,
    *,
    generator: Generator | None = None,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: layouts.layout = layouts.strided,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Draw normally distributed numbers, each with its own mean and standard deviation where those are tensors.

    Two tensors broadcast, and the result has the dtype of the mean; of two numbers, the result has a ``size``. No
    gradient flows through it. Source of the semantics: ``torch.normal``.

    Raises:
        RuntimeError: a standard deviation is negative.
        TypeError: two numbers are given without ``size``.

    Example:
        >>> import flambeau as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.normal(torch.tensor([0.0, 100.0]), torch.tensor([1.0, 0.5]))
        tensor([ 1.5410, 99.8533])
        >>> torch.normal(2.0, 0.0, (3,))
        tensor([2., 2., 2.])
    """
    if isinstance(mean, Tensor) or isinstance(std, Tensor):
        if out is not None:
            return with_out(out, lambda: _normal_of_tensors(mean, std, generator, out))  # type: ignore[no-any-return]
        drawn = _normal_of_tensors(mean, std, generator)
        moving = [value for value in (mean, std) if isinstance(value, Tensor) and value.requires_grad]
        return _normal_of(moving[0], moving[-1], drawn) if moving else drawn
    if size is None:
        raise TypeError("normal() missing argument 'size', which two numbers need; or give a tensor as mean or std")
    return _normal(
        mean,
        std,
        size,
        generator=generator,
        out=out,
        dtype=dtype,
        layout=layout,
        device=device,
        requires_grad=requires_grad,
        pin_memory=pin_memory,
    )


@factory()
def _normal(mean: float, std: float, size: Any, *, type_of: TypeOf, generator: Generator | None) -> Tensor:
    return _filling.normal(_unfilled("normal", size, type_of), mean, std, generator=generator)


def _normal_of_tensors(
    mean: Tensor | float, std: Tensor | float, generator: Generator | None, out: Tensor | None = None
) -> Tensor:
    """Numbers of mean 0 scaled and moved: two roundings, where numbers as parameters give one."""
    tensors = [value.detach() for value in (mean, std) if isinstance(value, Tensor)]
    shape = broadcast_shapes(*(tensor.shape for tensor in tensors))
    if isinstance(std, Tensor):
        refuse_unless(std.detach() >= 0, lambda: RuntimeError("normal expects all elements of std >= 0.0"))
    target = _drawn_for(out, shape, tensors[0])
    noise = _filling.normal(target, 0.0, 1.0 if isinstance(std, Tensor) else std, generator=generator)
    if isinstance(std, Tensor):
        noise.mul_(std.detach())
    return noise.add_(mean.detach() if isinstance(mean, Tensor) else mean)


# -- functions that PyTorch has in place only ------------------------------------------------------------------------


def _unfilled(function: str, size: Any, type_of: TypeOf) -> Tensor:
    """What numbers are drawn for: the tensor of ``out=`` where it has the shape, which is not written to here."""
    shape, type_ = check_shape(size_argument(function, (size,))), type_of()
    target = type_of.target(shape)
    return from_array(type_.kernels.empty(shape, type_.dtype.name), type_) if target is None else target


@factory()
def exponential(lambd: float = 1.0, size: Any = (), *, type_of: TypeOf, generator: Generator | None = None) -> Tensor:
    """Draw exponentially distributed numbers of rate ``lambd``, as ``torch.empty(size).exponential_(lambd)`` does.

    PyTorch has the in-place method only, here and in the functions below.

    Raises:
        RuntimeError: the rate is not positive, or the dtype is not floating point.

    Example:
        >>> import flambeau as torch
        >>> torch.exponential(1.0, (2,), generator=torch.Generator().manual_seed(42))
        tensor([0.0599, 0.0650])
    """
    return _filling.exponential(_unfilled("exponential", size, type_of), lambd, generator=generator)


@factory()
def cauchy(
    median: float = 0.0, sigma: float = 1.0, size: Any = (), *, type_of: TypeOf, generator: Generator | None = None
) -> Tensor:
    """Draw numbers of Cauchy's distribution, as ``torch.empty(size).cauchy_(median, sigma)`` does.

    Raises:
        RuntimeError: ``sigma`` is not positive, or the dtype is not floating point.

    Example:
        >>> import flambeau as torch
        >>> torch.cauchy(0, 1, (2, 3)).shape
        torch.Size([2, 3])
    """
    return _filling.cauchy(_unfilled("cauchy", size, type_of), median, sigma, generator=generator)


@factory()
def log_normal(
    mean: float = 1.0, std: float = 2.0, size: Any = (), *, type_of: TypeOf, generator: Generator | None = None
) -> Tensor:
    """Draw numbers whose logarithms are normal, as ``torch.empty(size).log_normal_(mean, std)`` does.

    Raises:
        RuntimeError: ``std`` is not positive.

    Example:
        >>> import flambeau as torch
        >>> bool((torch.log_normal(0, 1, (100,)) > 0).all())
        True
    """
    return _filling.log_normal(_unfilled("log_normal", size, type_of), mean, std, generator=generator)


@factory()
def geometric(p: float, size: Any = (), *, type_of: TypeOf, generator: Generator | None = None) -> Tensor:
    """Draw how many trials it takes until one succeeds, as ``torch.empty(size).geometric_(p)`` does.

    Raises:
        RuntimeError: ``p`` is not between 0 and 1.

    Example:
        >>> import flambeau as torch
        >>> bool((torch.geometric(0.5, (100,)) >= 1).all())
        True
    """
    return _filling.geometric(_unfilled("geometric", size, type_of), p, generator=generator)


# -- counts ----------------------------------------------------------------------------------------------------------


def _host_numbers(tensor: Tensor) -> list[float]:
    numbers: list[float] = tensor.detach().reshape(-1).tolist()
    return numbers


@spelled()
def poisson(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Draw counts of Poisson's distribution, whose rates are the elements of ``input``. Source: ``torch.poisson``.

    The result has the shape and dtype of ``input``.

    Raises:
        NotImplementedError: the dtype is not floating point.
        RuntimeError: a rate is negative, infinite or nan.

    Example:
        >>> import flambeau as torch
        >>> torch.poisson(torch.tensor([0.0, 2.0]), generator=torch.Generator().manual_seed(0))
        tensor([0., 6.])
    """
    if not isinstance(input, Tensor):
        raise not_a_tensor("poisson", "input", 1, input)
    _bounds.check_floating("poisson_cpu", input.dtype)
    if input.numel() and not bool((input.detach() >= 0).all()):
        raise RuntimeError("invalid Poisson rate, expected rate to be non-negative")
    rates = _host_numbers(input)
    if math.inf in rates:
        raise RuntimeError("invalid Poisson rate, expected rate to be finite")
    stand_in = empty(input.shape, dtype=input.dtype, device=input.device)
    drawn = _filling._drawn(
        stand_in, generator, Draw("poisson", "float64", (), lambda stream, _, count: _counts.poissons(stream, rates))
    )
    return _poisson_of(input, drawn) if input.requires_grad else drawn


@overridable
def binomial(count: Tensor, prob: Tensor, generator: Generator | None = None) -> Tensor:
    """Draw the number of successes in ``count`` trials of probability ``prob``, element by element. Source: ``torch.binomial``.

    Raises:
        ValueError: the number of trials is not floating point.
        RuntimeError: a number of trials is negative, or the dtypes differ.

    Example:
        >>> import flambeau as torch
        >>> torch.binomial(torch.tensor([10.0, 10.0]), torch.tensor([0.0, 1.0]))
        tensor([ 0., 10.])
    """
    for position, (name, value) in enumerate((("count", count), ("prob", prob)), 1):
        if not isinstance(value, Tensor):
            raise not_a_tensor("binomial", name, position, value)
    if not count.dtype.is_floating_point:
        raise ValueError(
            f"binomial only supports floating-point dtypes for count, got: {scalar_type_name(count.dtype)}"
        )
    if count.dtype is not prob.dtype:
        raise RuntimeError(f"Found dtype {scalar_type_name(prob.dtype)} but expected {scalar_type_name(count.dtype)}")
    check_places("binomial", count, prob)
    shape = broadcast_shapes(count.shape, prob.shape)
    trials, chances = (_host_numbers(tensor.detach().expand(shape)) for tensor in (count, prob))
    if any(number < 0 for number in trials):
        raise RuntimeError("binomial: the number of trials must not be negative")
    stand_in = empty(shape, dtype=count.dtype, device=count.device)
    wanted = Draw("binomial", "float64", (), lambda stream, _, total: _counts.binomials(stream, trials, chances))
    return _filling._drawn(stand_in, generator, wanted)


_MOST_CATEGORIES = 1 << 24


@spelled()
@method("multinomial")
def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *, generator: Generator | None = None, out: Tensor | None = None
) -> Tensor:  # fmt: skip
    """Draw categories by their weights, which need not add up to 1: int64, (samples,) or (rows, samples).

    Source of the semantics: ``torch.multinomial``.

    Args:
        input: the weights, (categories,) or (rows, categories).
        num_samples: how many are drawn for each row.
        replacement: whether a category may be drawn several times.
        generator: where numbers come from; the default generator of the device if None.
        out: where the result goes.

    Raises:
        RuntimeError: the weights are not floating point, negative or not finite, do not add up to something, or too few of
            them are not zero for so many samples without replacement.

    Example:
        >>> import flambeau as torch
        >>> torch.multinomial(torch.tensor([0.0, 1.0, 0.0]), 2, replacement=True)
        tensor([1, 1])
    """
    if not isinstance(input, Tensor):
        raise not_a_tensor("multinomial", "input", 1, input)
    if out is not None and isinstance(out, Tensor) and out.dtype is not dtypes.int64:
        raise RuntimeError(f"multinomial expects Long tensor out, got: {scalar_type_name(out.dtype)}")
    if out is not None:
        return with_out(out, lambda: multinomial(input, num_samples, replacement, generator=generator))  # type: ignore[no-any-return]
    weights = input.detach()
    num_samples = as_int(num_samples, "num_samples")
    _check_weights(weights, num_samples, replacement)
    if replacement and num_samples > 1:
        return _with_replacement(weights, num_samples, generator)
    # The races of Efraimidis and Spirakis: exponential numbers over weights, and the first to arrive.
    races = weights / empty_like(weights).exponential_(generator=generator)
    if num_samples == 1:
        return races.argmax(-1, keepdim=True)
    drawn: Tensor = races.topk(num_samples, -1).indices
    return drawn


def _check_weights(weights: Tensor, count: int, replacement: bool) -> None:
    if weights.dim() not in (1, 2):
        raise RuntimeError(f"prob_dist must be 1 or 2 dim, but it has {weights.dim()}")
    if not weights.dtype.is_floating_point:
        raise RuntimeError(
            f"multinomial only supports floating-point dtypes for input, got: {scalar_type_name(weights.dtype)}"
        )
    if count <= 0:
        raise RuntimeError("cannot sample n_sample <= 0 samples")
    categories = weights.shape[-1]
    if not replacement and count > categories:
        raise RuntimeError("cannot sample n_sample > prob_dist.size(-1) samples without replacement")
    if categories > _MOST_CATEGORIES:
        raise RuntimeError("number of categories cannot exceed 2^24")
    if not weights.numel():
        if categories == 0 and weights.shape[:-1].numel():
            raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
        return
    text = "probability tensor contains either `inf`, `nan` or element < 0"
    refuse_unless(weights.isfinite() & (weights >= 0), lambda: RuntimeError(text))

    def refusal(positive: int) -> RuntimeError:
        if positive < 1:
            return RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
        return RuntimeError(
            "invalid multinomial distribution (with replacement=False, not enough non-negative category to sample): "
            f"{positive} weights are not zero, {count} samples are asked for"
        )

    in_range((weights > 0).sum(-1).min(), 1 if replacement else count, categories + 1, refusal)


def _with_replacement(weights: Tensor, count: int, generator: Generator | None) -> Tensor:
    precise = weights if weights.dtype is dtypes.float64 else weights.to(dtypes.float32)
    sums = precise.cumsum(-1)
    shares = (sums / sums[..., -1:]).to(dtypes.float64)
    shares[..., -1] = 1.0
    numbers = rand((*weights.shape[:-1], count), dtype=dtypes.float64, device=weights.device, generator=generator)
    return searchsorted(shares.contiguous(), numbers)


def shuffle(input: Tensor, dim: int = 0) -> Tensor:
    """Copy a tensor with its slices along ``dim`` in random order, drawn from the default generator of its device.

    PyTorch has no such function; ``x[torch.randperm(len(x))]`` does the same with numbers of the same generator.

    Raises:
        IndexError: there is no such dim.

    Example:
        >>> import flambeau as torch
        >>> _ = torch.manual_seed(42)
        >>> torch.shuffle(torch.tensor([10, 11, 12]))
        tensor([10, 12, 11])
    """
    if not isinstance(input, Tensor):
        raise not_a_tensor("shuffle", "input", 1, input)
    dim = normalize_dim(dim, input.dim())
    return input.index_select(dim, randperm(input.shape[dim], device=input.device))
