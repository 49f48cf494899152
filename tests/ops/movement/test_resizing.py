"""``resize_`` and ``set_``: places in memory, versions, formats and errors as PyTorch's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import flambeau
from copying_backends import CopyingBackend, FrozenBackend, registered


@pytest.fixture(params=["numpy", "minimal", "copying", "frozen"])
def memory(request: pytest.FixtureRequest) -> Iterator[str]:
    """Backends whose views alias, and backends whose views are copies."""
    with registered(CopyingBackend, FrozenBackend), flambeau.use_backend(request.param):
        yield request.param


def _seen(x: Any, *, values: bool = True) -> tuple[Any, ...]:
    place = tuple(x.shape), x.stride(), x.storage_offset(), x.untyped_storage().nbytes(), x._version
    return (*place, x.tolist()) if values else place


def _resized(m: Any, *size: Any, **options: Any) -> Any:
    return _seen(m.arange(6.0).resize_(*size, **options), values=False)


def _part(m: Any, change: Callable[[Any, Any], Any], key: Any = slice(2, 4)) -> Any:
    x = m.arange(6.0)
    y = x[key]
    change(x, y)
    return _seen(x), _seen(y)


def _saved(m: Any, change: Callable[[Any], Any]) -> Any:
    x, w = m.arange(6.0), m.ones(6, requires_grad=True)
    y = w * x
    change(x)
    y.sum().backward()
    return w.grad.tolist()


def _other(m: Any) -> Any:
    return m.arange(10.0)


PROGRAMS: dict[str, Callable[[Any], Any]] = {
    "smaller": lambda m: _resized(m, 2, 2),
    "the same": lambda m: _resized(m, 6),
    "as many": lambda m: _resized(m, (2, 3)),
    "larger": lambda m: _resized(m, 3, 3),
    "none": lambda m: _resized(m, 0),
    "back": lambda m: _seen(m.arange(6.0).resize_(2).resize_(6)),
    "of a view": lambda m: _part(m, lambda x, y: y.resize_(1)),
    "of a view into the memory": lambda m: _part(m, lambda x, y: y.resize_(2, 2)),
    "written": lambda m: _part(m, lambda x, y: y.resize_(4).fill_(9)),
    "of a base": lambda m: _part(m, lambda x, y: x.resize_(2, 2).fill_(9)),
    "of a transposed view": lambda m: _seen(m.arange(6.0).view(2, 3).t().resize_(2, 3)),
    "transposed, the same": lambda m: _seen(m.arange(6.0).view(2, 3).t().resize_(3, 2)),
    "channels last": lambda m: _resized(m, 1, 2, 1, 3, memory_format=m.channels_last),
    "channels last, the same": lambda m: _seen(
        m.arange(8.0).view(1, 2, 2, 2).resize_(1, 2, 2, 2, memory_format=m.channels_last)
    ),
    "as another": lambda m: _seen(m.arange(6.0).resize_as_(m.ones(2, 2))),
    "in its format": lambda m: _seen(
        m.arange(8.0).resize_as_(
            m.ones(1, 2, 2, 2).contiguous(memory_format=m.channels_last), memory_format=m.preserve_format
        )
    ),
    "of what is saved": lambda m: _saved(m, lambda x: x.resize_(2)),
    "of what is saved, the same": lambda m: _saved(m, lambda x: x.resize_(6)),
    "expanded": lambda m: _seen(m.ones(1).expand(3).resize_(2), values=False)[:3],
    # set_
    "set": lambda m: _seen(m.zeros(1).set_()),
    "set to a tensor": lambda m: _seen(m.zeros(1).set_(_other(m))),
    "set to a view": lambda m: _seen(m.zeros(1).set_(_other(m)[2:8].view(2, 3).t())),
    "set to a storage": lambda m: _seen(m.zeros(1).set_(_other(m).untyped_storage())),
    "set in a storage": lambda m: _seen(m.zeros(1).set_(_other(m).untyped_storage(), 2, (2, 3))),
    "set in a storage, strides": lambda m: _seen(m.zeros(1).set_(_other(m).untyped_storage(), 2, (2, 3), (1, 2))),
    "set by name": lambda m: _seen(
        m.zeros(1).set_(source=_other(m)[4:].untyped_storage(), storage_offset=1, size=(2,), stride=(2,))
    ),
    "set in a tensor's": lambda m: _seen(m.zeros(1).set_(_other(m)[1:], 2, (2, 3), (1, 2))),
    "set twice": lambda m: _seen(m.zeros(1).set_(_other(m)).set_(_other(m)[1:])),
    "set to itself, transposed": lambda m: (lambda x: _seen(x.set_(x.t())))(m.arange(6.0).view(2, 3)),
    "set and written": lambda m: (lambda o: (m.zeros(1).set_(o[1:3]).fill_(7)._version, _seen(o)))(_other(m)),
    "set what is saved": lambda m: _saved(m, lambda x: x.set_(_other(m)[:6])),
    "set a view": lambda m: _part(m, lambda x, y: y.set_(_other(m)).zero_())[1],
    "set a base": lambda m: _part(m, lambda x, y: x.set_(_other(m)).zero_())[1][-1],
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_places_and_versions_are_pytorchs(torch: Any, memory: str, name: str) -> None:
    outcomes = []
    for library in (flambeau, torch):
        try:
            outcomes.append(str(PROGRAMS[name](library)))
        except RuntimeError as error:
            outcomes.append(str(error).split(": [")[0])
    assert outcomes[0] == outcomes[1]


ERRORS: dict[str, tuple[Callable[[Any], Any], type[Exception], str]] = {
    "rank": (
        lambda m: m.ones(8).resize_(2, 4, memory_format=m.channels_last), RuntimeError,
        "required rank 4 tensor to use channels_last format",
    ),
    "preserve": (lambda m: m.ones(2).resize_(1, memory_format=m.preserve_format), RuntimeError, "ormat ?Preserve"),
    "format": (
        lambda m: m.ones(2).resize_(1, memory_format=3), TypeError,
        r"resize_\(\): argument 'memory_format' must be torch.memory_format, not int",
    ),
    "no size": (lambda m: m.ones(2).resize_(), TypeError, r"resize_\(\) missing 1 required positional arguments: \"size\""),
    "gradient": (lambda m: m.ones(2, requires_grad=True).resize_(1), RuntimeError, "cannot resize variables that require"),
    "dtype": (
        lambda m: m.ones(2).set_(m.ones(2, dtype=m.int64)), RuntimeError,
        "Could not set tensor of type long int to a tensor of type float",
    ),
    "storage's dtype": (
        lambda m: m.ones(2).set_(m.ones(2, dtype=m.int64).storage()), RuntimeError,
        "Expected a Storage of type float or an UntypedStorage, but got type Long for argument 1 'storage'",
    ),
    "source": (lambda m: m.ones(2).set_("a"), TypeError, "set_"),
    "offset": (lambda m: m.ones(2).set_(m.ones(3), -1, (2,)), RuntimeError, "invalid storage offset -1"),
    "strides": (lambda m: m.ones(2).set_(m.ones(3), 0, (2,), (1, 1)), RuntimeError, "unequal size length"),
    "leaf": (
        lambda m: m.ones(2, requires_grad=True).set_(m.ones(3)), RuntimeError,
        "a leaf Variable that requires grad is being used in an in-place operation",
    ),
    "derivative": (
        lambda m: (m.ones(2, requires_grad=True) * 2).set_(m.ones(3)).sum().backward(), RuntimeError, "not implemented",
    ),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:TypedStorage")
@pytest.mark.parametrize("name", ERRORS)
def test_errors(torch: Any, name: str) -> None:
    call, kind, words = ERRORS[name]
    for library in (flambeau, torch):
        with pytest.raises(kind, match=words):
            call(library)


def test_what_reaches_beyond_the_memory_is_refused() -> None:
    x, y = flambeau.zeros(2), flambeau.arange(6.0)
    with pytest.raises(RuntimeError, match="requiring a storage size of 32 are out of bounds for storage of size 24"):
        x.set_(y, 4, (4,))
    assert (x.tolist(), x._version) == ([0.0, 0.0], 0)


def test_a_storage_is_read_as_any_dtype() -> None:
    x = flambeau.zeros(1, dtype=flambeau.int32).set_(flambeau.ones(2).untyped_storage())
    assert x.tolist() == [0x3F800000, 0x3F800000]


def test_views_of_a_tensor_that_left_its_memory_have_no_part_in_its_history() -> None:
    x, w = flambeau.zeros(4), flambeau.ones(4, requires_grad=True)
    y = x[1:]
    x.set_(flambeau.ones(4))
    x.mul_(w)
    assert x.requires_grad
    assert not y.requires_grad
    assert y.tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("shape", "pad", "mode", "text"),
    [
        (
            (1, 1, 9, 11),
            (12,) * 4,
            "reflect",
            r"Argument #4: .* padding \(12, 12\) at dimension 3 of input \[1, 1, 9, 11\]",
        ),
        (
            (1, 1, 3, 30),
            (5,) * 4,
            "reflect",
            r"Argument #6: .* padding \(5, 5\) at dimension 2 of input \[1, 1, 3, 30\]",
        ),
        (
            (1, 3, 40, 50),
            (9,) * 6,
            "reflect",
            r"Argument #8: .* padding \(9, 9\) at dimension 1 of input \[1, 3, 40, 50\]",
        ),
        (
            (1, 1, 3),
            (0, 5),
            "circular",
            r"Padding value causes wrapping around more than once\. .*\(0, 5\) at dimension 2",
        ),
    ],
)
@pytest.mark.parametrize("last", [False, True])
def test_the_dimension_that_is_too_short_is_named_as_pytorch_does(
    shape: tuple[int, ...], pad: tuple[int, ...], mode: str, text: str, last: bool
) -> None:
    image = flambeau.zeros(shape)
    if last and len(shape) == 4:
        image = image.contiguous(memory_format=flambeau.channels_last)
    with pytest.raises(RuntimeError, match=text):
        flambeau.nn.functional.pad(image, pad, mode=mode)
