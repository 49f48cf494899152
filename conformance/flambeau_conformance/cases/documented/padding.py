"""Documented behaviours of padding: nn.functional.pad, its layers, and pad_sequence."""

from typing import Any

from ...documented import gives, prints, refuses

_INTS = ("int64",)


def _square(t: Any) -> Any:
    return t.tensor([[1.0, 2.0], [3.0, 4.0]])


def _around(mode: str) -> Any:
    """The square with one element around it, as the only matrix of a batch."""
    return lambda t: t.nn.functional.pad(_square(t)[None], (1, 1, 1, 1), mode=mode)[0]


def _matrix(mode: str) -> Any:
    return lambda t: t.nn.functional.pad(_square(t), (1, 1, 1, 1), mode=mode)


def _slope(mode: str) -> Any:
    """The gradient of a padded row, all of whose elements count the same."""

    def gradient(t: Any) -> Any:
        x = t.tensor([[1.0, 2.0, 3.0]], requires_grad=True)
        t.nn.functional.pad(x, (1, 2), mode=mode).sum().backward()
        return x.grad

    return gradient


def _row(mode: str, **options: Any) -> Any:
    return lambda t: t.nn.functional.pad(t.tensor([1.0, 2.0, 3.0]), (2, 1), mode=mode, **options)


_MIRRORED = [[4.0, 3.0, 4.0, 3.0], [2.0, 1.0, 2.0, 1.0], [4.0, 3.0, 4.0, 3.0], [2.0, 1.0, 2.0, 1.0]]
_REPEATED = [[1.0, 1.0, 2.0, 2.0], [1.0, 1.0, 2.0, 2.0], [3.0, 3.0, 4.0, 4.0], [3.0, 3.0, 4.0, 4.0]]

prints("nn.functional.pad", "zeros", lambda t: t.nn.functional.pad(_square(t), (1, 1, 1, 1)),
       "tensor([[0., 0., 0., 0.],\n        [0., 1., 2., 0.],\n        [0., 3., 4., 0.],\n        [0., 0., 0., 0.]])")  # fmt: skip
gives(
    "nn.functional.pad",
    "row",
    lambda t: t.nn.functional.pad(t.tensor([1, 2]), (2, 1), value=7),
    [7, 7, 1, 2, 7],
    dtypes=_INTS,
)
gives(
    "nn.functional.pad", "three", lambda t: t.nn.functional.pad(t.zeros(1, 2, 3), (1, 0, 0, 2, 1, 1)).shape, [3, 4, 4]
)
gives("nn.functional.pad", "cropped", lambda t: t.nn.functional.pad(t.arange(4), (-1, -2)), [1], dtypes=_INTS)
gives("nn.functional.pad", "gradient", _slope("constant"), [[1.0, 1.0, 1.0]])
refuses(
    "nn.functional.pad", "odd", lambda t: t.nn.functional.pad(t.zeros(2), (1, 1, 1)), RuntimeError, "divisible by 2"
)
refuses("nn.functional.pad", "long", lambda t: t.nn.functional.pad(t.zeros(2), (1, 1, 1, 1)), RuntimeError)
gives("nn.functional.pad#pad_length", "last", lambda t: t.nn.functional.pad(t.zeros(2, 2), (1, 1)).shape, [2, 4])
gives("nn.functional.pad#list", "list", lambda t: t.nn.functional.pad(t.ones(1), [1, 0]), [0.0, 1.0])
gives("nn.functional.pad#reflect", "values", _around("reflect"), _MIRRORED)
gives("nn.functional.pad#reflect", "gradient", _slope("reflect"), [[2.0, 3.0, 1.0]])
refuses("nn.functional.pad#reflect", "wide", lambda t: t.nn.functional.pad(t.zeros(1, 2, 2), (2, 2), mode="reflect"),
        RuntimeError, "Padding size should be less than the corresponding input dimension")  # fmt: skip
gives("nn.functional.pad#replicate", "values", _around("replicate"), _REPEATED)
gives("nn.functional.pad#replicate", "gradient", _slope("replicate"), [[2.0, 1.0, 3.0]])
gives("nn.functional.pad#circular", "values", _around("circular"), _MIRRORED)
gives("nn.functional.pad#circular", "gradient", _slope("circular"), [[2.0, 2.0, 2.0]])
for _mode, _expected in (("reflect", _MIRRORED), ("replicate", _REPEATED), ("circular", _MIRRORED)):
    gives("nn.functional.pad#non_constant_2d_input", f"{_mode}-matrix", _matrix(_mode), _expected)
gives("nn.functional.pad#non_constant_2d_input", "row", _row("reflect"), [3.0, 2.0, 1.0, 2.0, 3.0, 2.0])
gives("nn.functional.pad#edge", "row", _row("edge"), [1.0, 1.0, 1.0, 2.0, 3.0, 3.0])
gives("nn.functional.pad#symmetric", "row", _row("symmetric"), [2.0, 1.0, 1.0, 2.0, 3.0, 3.0])
gives("nn.functional.pad#symmetric", "gradient", _slope("symmetric"), [[2.0, 2.0, 2.0]])
gives("nn.functional.pad#kwargs", "padding-mode",
      lambda t: t.nn.functional.pad(_square(t)[None], (1, 1, 1, 1), padding_mode="replicate")[0], _REPEATED)  # fmt: skip
refuses(
    "nn.functional.pad#kwargs", "unknown", lambda t: t.nn.functional.pad(t.zeros(2), (1, 1), mood="edge"), TypeError
)
refuses("nn.functional.pad#value_only_constant", "reflect",
        lambda t: t.nn.functional.pad(t.zeros(1, 3), (1, 1), mode="reflect", value=1.0), (ValueError, RuntimeError),
        "doesn't take in value argument")  # fmt: skip
gives("nn.functional.pad#value_only_constant", "zero",
      lambda t: t.nn.functional.pad(t.tensor([[1.0, 2.0]]), (1, 1), mode="reflect", value=0), [[2.0, 1.0, 2.0, 1.0]])  # fmt: skip
gives("nn.functional.pad#speed", "modes", lambda t: [_around(mode)(t).shape for mode in ("constant", "reflect", "replicate", "circular")],
      [[4, 4]] * 4)  # fmt: skip

gives("nn.ZeroPad2d", "both-ways", lambda t: (t.nn.ZeroPad2d(1)(t.ones(1, 1, 1)), t.nn.functional.pad(t.ones(1, 1, 1), (1, 1, 1, 1))),
      [[[[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]]] * 2)  # fmt: skip
gives("nn.ReflectionPad2d", "mirrored", lambda t: t.nn.ReflectionPad2d(1)(t.tensor([[[1.0, 2.0], [3.0, 4.0]]])),
      [[[4.0, 3.0, 4.0, 3.0], [2.0, 1.0, 2.0, 1.0], [4.0, 3.0, 4.0, 3.0], [2.0, 1.0, 2.0, 1.0]]])  # fmt: skip

# -- sequences ---------------------------------------------------------------------------------------------------------


def _rows(t: Any) -> Any:
    return [t.tensor(row) for row in ([1, 2], [3, 4, 5], [6])]


def _pairs(t: Any) -> Any:
    return [t.tensor([[number, 10 * number] for number in row]) for row in ([1, 2], [3, 4, 5], [6])]


prints("nn.utils.rnn.pad_sequence", "columns", lambda t: t.nn.utils.rnn.pad_sequence(_rows(t)),
       "tensor([[1, 3, 6],\n        [2, 4, 0],\n        [0, 5, 0]])", dtypes=_INTS)  # fmt: skip
gives("nn.utils.rnn.pad_sequence", "batch-first", lambda t: t.nn.utils.rnn.pad_sequence(_rows(t), batch_first=True, padding_value=-1),
      [[1, 2, -1], [3, 4, 5], [6, -1, -1]], dtypes=_INTS)  # fmt: skip
gives("nn.utils.rnn.pad_sequence", "features", lambda t: t.nn.utils.rnn.pad_sequence(_pairs(t), batch_first=True),
      [[[1, 10], [2, 20], [0, 0]], [[3, 30], [4, 40], [5, 50]], [[6, 60], [0, 0], [0, 0]]], dtypes=_INTS)  # fmt: skip
gives("nn.utils.rnn.pad_sequence", "left", lambda t: t.nn.utils.rnn.pad_sequence(_rows(t), True, 0, "left"),
      [[0, 1, 2], [3, 4, 5], [0, 0, 6]], dtypes=_INTS)  # fmt: skip
refuses("nn.utils.rnn.pad_sequence", "widths", lambda t: t.nn.utils.rnn.pad_sequence([t.zeros(1, 2), t.zeros(1, 3)]),
        RuntimeError, r"The size of tensor a \(2\) must match the size of tensor b \(3\)")  # fmt: skip
gives("nn.utils.rnn", "module", lambda t: callable(t.nn.utils.rnn.pad_sequence), True)
