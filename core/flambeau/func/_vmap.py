"""Maps of functions over a dimension of their arguments."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from flambeau._tensor import Tensor
from flambeau.ops.movement.joining import stack
from flambeau.random._generator import default_states, restore_default_states
from flambeau.utils._pytree import Structure, flatten, spread_over

__all__ = ["check_randomness", "check_undrawn", "vmap"]

_RANDOMNESS = ("error", "different", "same")


def vmap(
    func: Callable[..., Any],
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """Give a function that maps ``func`` over a dimension of its arguments.

    ``func`` is called once for each index, and its results are stacked: what it computes, and its gradients, are those of
    PyTorch, the time is that of a loop. Unlike PyTorch's, ``func`` may look at the values of its arguments.

    Args:
        func: takes and gives tensors, or containers of them.
        in_dims: the dimension of each positional argument, or None where all calls get the whole; a container of them for
            a container. Keyword arguments are whole in all calls.
        out_dims: where the new dimension goes in each result.
        randomness: whether ``func`` may draw random numbers: ``"error"`` (no), ``"different"`` ones at each index, or
            ``"same"`` ones.
        chunk_size: accepted; there is one call at a time.

    Source of the semantics: ``torch.vmap``.

    Raises:
        ValueError: the dimensions do not fit, sizes differ, or ``func`` gives something else than tensors.
        RuntimeError: ``func`` draws random numbers though ``randomness`` is ``"error"``.

    Example:
        >>> import flambeau as torch
        >>> torch.vmap(torch.dot)(torch.ones(2, 3), torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
        tensor([ 6., 15.])
    """
    check_randomness(randomness)
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError(f"vmap: chunk_size should be None or greater than 0. (got {chunk_size})")

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        batch = _Batch(func, in_dims, args)
        results, structure = _results(functools.partial(func, **kwargs), _name(func), batch, randomness)
        return structure.build(_stacked(func, results, structure, out_dims, batch.size))

    return wrapper


def check_randomness(randomness: str) -> None:
    """Refuse what says nothing about random numbers."""
    if randomness not in _RANDOMNESS:
        raise RuntimeError(f"Only allowed values for randomness are 'error', 'different', or 'same'. Got {randomness}")


def check_undrawn(before: Any) -> None:
    """Refuse random numbers that were drawn since the default generators were in these states."""
    if before != default_states():
        raise RuntimeError(
            "vmap: called random operation while in randomness error mode. Please either use the 'same' or 'different' "
            "randomness flags on vmap or perform the randomness operation out of vmap"
        )


def _name(func: Any) -> str:
    return getattr(func, "__name__", repr(func))


class _Batch:
    """The arguments of all calls.

    Attributes:
        size: how many calls there are.
    """

    def __init__(self, func: Any, in_dims: Any, args: tuple[Any, ...]) -> None:
        name = _name(func)
        if not isinstance(in_dims, (int, tuple, list)):
            raise ValueError(
                f"vmap({name}, in_dims={in_dims}, ...)(<inputs>): expected `in_dims` to be int or a (potentially nested) tuple "
                f"matching the structure of inputs, got: {type(in_dims)}."
            )
        if not args:
            raise ValueError(
                f"vmap({name})(<inputs>): got no inputs. Maybe you forgot to add inputs, or you are trying to vmap over a "
                "function with no inputs. The latter is unsupported."
            )
        prefix = tuple(in_dims) if isinstance(in_dims, list) else in_dims
        self.values, self.structure = flatten(args)
        dims = spread_over(prefix, args)
        if dims is None:
            raise ValueError(
                f"vmap({name}, in_dims={in_dims}, ...)(<inputs>): in_dims is not compatible with the structure of `inputs`. "
                f"in_dims has structure {flatten(prefix)[1]} but inputs has structure {self.structure}."
            )
        self.dims = [_checked_dim(name, in_dims, dim, value) for dim, value in zip(dims, self.values, strict=True)]
        sizes = {value.shape[dim] for dim, value in zip(self.dims, self.values, strict=True) if dim is not None}
        if not sizes:
            raise ValueError(f"vmap({name}, in_dims={in_dims}, ...)(<inputs>): at least one input must be mapped over")
        if len(sizes) > 1:
            listed = [value.shape[dim] for dim, value in zip(self.dims, self.values, strict=True) if dim is not None]
            raise ValueError(
                "vmap: Expected all tensors to have the same size in the mapped dimension, got sizes "
                f"{listed} for the mapped dimension"
            )
        (self.size,) = sizes

    def at(self, index: int) -> tuple[Any, ...]:
        """The arguments of one call; of an empty batch, zeros of their shape."""
        return self._built(lambda value, dim: value.select(dim, index))

    def stand_ins(self) -> tuple[Any, ...]:
        """Zeros of the shape that the arguments of a call would have."""
        return self._built(lambda value, dim: value.new_zeros((*value.shape[:dim], *value.shape[dim + 1 :])))

    def _built(self, take: Callable[[Tensor, int], Tensor]) -> tuple[Any, ...]:
        taken = [value if dim is None else take(value, dim) for value, dim in zip(self.values, self.dims, strict=True)]
        built: tuple[Any, ...] = self.structure.build(taken)
        return built


def _checked_dim(name: str, in_dims: Any, dim: Any, value: Any) -> int | None:
    begin = f"vmap({name}, in_dims={in_dims}, ...)(<inputs>): Got in_dim={dim} for an input"
    if dim is None:
        return None
    if not isinstance(dim, int):
        raise ValueError(f"{begin} but in_dim must be either an integer dimension or None.")
    if not isinstance(value, Tensor):
        raise ValueError(
            f"{begin} but the input is of type {type(value)}. We cannot vmap over non-Tensor arguments, please use None as the "
            "respective in_dim"
        )
    if not -value.dim() <= dim < value.dim():
        raise ValueError(
            f"{begin} of dimensionality {value.dim()} so expected in_dim to satisfy -{value.dim()} <= in_dim < {value.dim()}."
        )
    return dim % value.dim()


def _results(func: Any, name: str, batch: _Batch, randomness: str) -> tuple[list[list[Tensor]], Structure]:
    """The leaves of what each call gives."""
    results: list[list[Tensor]] = []
    structure: Structure | None = None
    before = default_states()
    for index in range(max(batch.size, 1)):
        if randomness == "same" and index:
            restore_default_states(before)
        values, structure = flatten(func(*(batch.at(index) if batch.size else batch.stand_ins())))
        for value in values:
            if not isinstance(value, Tensor):
                raise ValueError(f"vmap({name}, ...): `{name}` must only return Tensors, got type {type(value)}.")
        if randomness == "error" and not index:
            check_undrawn(before)
        results.append(values)
    assert structure is not None
    return results, structure


def _stacked(func: Any, results: list[list[Tensor]], structure: Structure, out_dims: Any, size: int) -> list[Tensor]:
    first = results[0]
    dims = spread_over(out_dims, structure.build(first))
    if dims is None and isinstance(out_dims, (tuple, list)) and structure.kind is None and len(out_dims) == 1:
        dims = list(out_dims)
    if dims is None:
        raise ValueError(
            f"vmap({_name(func)}, ..., out_dims={out_dims}): out_dims is not compatible with the structure of `outputs`. "
            f"out_dims has structure {flatten(out_dims)[1]} but outputs has structure {structure}."
        )
    made = []
    for place, dim in enumerate(dims):
        if dim is None:
            made.append(first[place])
            continue
        if not isinstance(dim, int):
            raise ValueError(
                f"vmap({_name(func)}, ..., out_dims={out_dims}): `out_dims` must be an int, None or a python collection of "
                f"ints representing where in the outputs the vmapped dimension should appear."
            )
        whole = stack([values[place] for values in results], dim)
        made.append(whole if size else whole.narrow(dim, 0, 0))
    return made
