"""Places that kernels take and give, and their order: ties, repeated indices, the last index."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flambeau.backend.promises import PROMISES, Writes

from .calls import INDICES, Call
from .changes import copied, number
from .faults import Fault
from .seam import PARAMETERS, Seam

__all__ = ["place_faults"]


def place_faults(kernel: str) -> Iterator[Fault]:
    """Ties and repeated places in another order, the last place taken for the first."""
    names, promise = PARAMETERS[kernel], PROMISES.get(kernel)
    gives_places = isinstance(promise, tuple) and any(each.dtype == "int64" for each in promise)
    if gives_places and "dim" in names and "a" in names:
        yield Fault("ties broken the other way", "ties", _ties)
    taken = [name for name in names if name in INDICES]
    if not taken:
        return
    yield Fault("last place taken for the first", "index", _wrapped)
    if isinstance(promise, Writes):
        yield Fault("repeated places in the reverse order", "index", _repeats_reversed)
        yield Fault("repeated places count once", "index", _repeats_once)


def _flip(seam: Seam, array: Any, dim: int) -> Any:
    return seam.table.flip(array, (dim,)) if array.shape else array


def _ties(call: Call) -> Any:
    seam, dim, array = call.seam, call.given["dim"], call.given["a"]
    if not array.shape:
        return call.run()
    last = number(seam, array.shape[dim] - 1, "int64")
    result = call.run(a=_flip(seam, array, dim))

    def turned(part: Any) -> Any:
        return seam.table.sub(last, part) if seam.dtype(part) == "int64" else part

    if not isinstance(result, tuple):
        return turned(result)
    return (result[0], *map(turned, result[1:]))


def _wrapped(call: Call) -> Any:
    owner = next(iter(call.values.values()), None)
    if owner is None:
        return call.run()
    seam, dim = call.seam, call.given.get("dim", 0)
    changed: dict[str, Any] = {}

    def first_for_last(index: Any, size: int) -> Any:
        kernels, dtype = seam.table, seam.dtype(index)
        return kernels.where(kernels.eq(index, number(seam, size - 1, dtype)), number(seam, 0, dtype), index)

    for name in INDICES:
        value = call.given.get(name)
        if isinstance(value, (list, tuple)):
            changed[name] = [first_for_last(each, owner.shape[place]) for place, each in enumerate(value)]
        elif value is not None and owner.shape:
            changed[name] = first_for_last(value, owner.shape[dim])
    return call.run(**changed)


def _pairs(call: Call) -> tuple[str, str, int] | None:
    """The names of the places and the values that go there, and the dim along which they are paired."""
    values = "source" if "source" in call.given else "values"
    places = next((name for name in INDICES if name in call.given), "")
    return (places, values, call.given.get("dim", 0)) if places and values in call.given else None


def _repeats_reversed(call: Call) -> Any:
    pair = _pairs(call)
    if pair is None:
        return call.run()
    places, values, dim = pair
    seam, index, source = call.seam, call.given[places], call.given[values]
    vector = isinstance(index, (list, tuple))
    if not (index[0].shape and source.shape and index[0].shape[0] == source.shape[0] if vector else index.shape):
        return call.run()
    turned = (
        [_flip(seam, each, 0) for each in index] if vector else _flip(seam, index, dim if len(index.shape) > 1 else 0)
    )
    return call.run(**{places: turned, values: _flip(seam, source, 0 if vector else dim)})


def _repeats_once(call: Call) -> Any:
    """What a library does that reads all targets before it writes one: of repeated places the last addition stays."""
    seam, kernels = call.seam, call.seam.table
    given = call.given
    if call.name == "scatter_add":
        target, dim, index = given["target"], given["dim"], given["index"]
        total = kernels.add(kernels.gather(target, dim, index), given["source"])
        return kernels.scatter(target, dim, index, total)
    if given.get("accumulate"):
        target, indices = given["target"], given["indices"]
        return kernels.index_put(target, indices, kernels.add(kernels.index(target, indices), given["values"]), False)
    if "source" in given and "index" in given and given["index"].shape and call.name == "index_add":
        before = copied(seam, given["target"])
        for place in range(given["index"].shape[0]):
            _one_of(call, before, place)
        return None
    return call.run()


def _one_of(call: Call, before: Any, place: int) -> None:
    """Add one slice to what was there before anything was added."""
    kernels, dim, source, target = call.seam.table, call.given["dim"], call.given["source"], call.given["target"]

    def part(array: Any, index: int) -> Any:
        starts, lengths = [0] * len(array.shape), list(array.shape)
        starts[dim], lengths[dim] = index, 1
        return kernels.slice(array, tuple(starts), tuple(lengths), (1,) * len(starts))

    index = int(memoryview(kernels.to_host(call.given["index"])).cast("B").cast("q")[place])
    kernels.copy_into(part(target, index), kernels.add(part(before, index), part(source, place)))
