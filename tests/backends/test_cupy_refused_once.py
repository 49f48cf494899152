"""What is refused at once on a device is not refused later as well: no innocent call hears of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import flambeau as torch
import flambeau.nn.functional as F  # noqa: N812 (as everybody calls it)
from flambeau._dispatch.late import held_back

Call = Callable[[], Any]

FAR, BELOW = (7,), (-1.0, 1.0)
"""An index behind the end of everything here, and weights of which one is negative."""


def _ones(*shape: int, dtype: torch.dtype = torch.float32) -> Any:
    return torch.ones(shape, dtype=dtype)


def _leaf(*shape: int) -> Any:
    return torch.ones(shape, requires_grad=True)


def _spread(*shape: int, dtype: torch.dtype = torch.float32) -> Any:
    return torch.ones(1, *shape[1:], dtype=dtype).expand(shape)


def _far(*shape: int) -> Any:
    return torch.tensor(FAR).reshape(shape or (1,))


def _divisions() -> Iterator[tuple[str, Call]]:
    """Ops that refuse a divisor of zero."""

    def cases(op: str) -> dict[str, Callable[[Any, Any], Any]]:
        function, method, short = getattr(torch, op), f"{op}_", torch.int16
        return {
            "out_dtype": lambda x, zero: function(x, zero, out=torch.empty(3, dtype=torch.bool)),
            "out_device": lambda x, zero: function(x, zero, out=torch.empty(3, dtype=short, device="cpu")),
            "out_overlap": lambda x, zero: function(x, zero, out=_spread(3, dtype=short)),
            "out_gradient": lambda x, zero: function(x, zero, out=_leaf(3)),
            "shapes": lambda x, zero: function(_ones(4, dtype=short), zero),
            "inplace_shape": lambda x, zero: getattr(x[:1], method)(zero),
            "inplace_dtype": lambda x, zero: getattr(_ones(3, dtype=torch.bool), method)(zero),
            "inplace_overlap": lambda x, zero: getattr(_spread(3, dtype=short), method)(zero),
            "inplace_leaf": lambda x, zero: getattr(_leaf(3), method)(zero),
        }

    for op in ("fmod", "remainder", "floor_divide"):
        for name, call in cases(op).items():
            yield (
                f"{op}_{name}",
                lambda call=call: call(_ones(3, dtype=torch.int16), torch.zeros(3, dtype=torch.int16)),
            )
    for mode in ("floor", "trunc"):
        yield (
            f"div_{mode}_out",
            lambda mode=mode: torch.div(
                torch.tensor([1]), torch.tensor([0]), rounding_mode=mode, out=torch.empty(1, dtype=torch.bool)
            ),
        )


def _small(*shape: int) -> Any:
    return torch.empty(shape, dtype=torch.int32)


CALLS: dict[str, Call] = {
    **dict(_divisions()),
    "index_select_out": lambda: torch.index_select(_ones(3, 4), 0, _far(), out=_small(1, 4)),
    "gather_out": lambda: torch.gather(_ones(3, 4), 0, _far(1, 1), out=_small(1, 1)),
    "take_out": lambda: torch.take(_ones(3), _far(), out=_small(1)),
    "take_along_dim_out": lambda: torch.take_along_dim(_ones(3, 4), _far(1, 1), 0, out=_small(1, 4)),
    "scatter_dtype": lambda: _ones(3, 4).scatter(0, _far(1, 1), _small(1, 1)),
    "scatter_shape": lambda: _ones(3, 4).scatter(0, _far(1, 1).expand(1, 2), _ones(1, 1)),
    "scatter_reduce_name": lambda: _ones(3, 4).scatter(0, _far(1, 1), _ones(1, 1), reduce="x"),
    "scatter_leaf": lambda: _leaf(3, 4).scatter_(0, _far(1, 1), 1.0),
    "scatter_overlap": lambda: _spread(3, 4).scatter_(0, _far(1, 1), 1.0),
    "scatter_add_dtype": lambda: _ones(3, 4).scatter_add(0, _far(1, 1), _small(1, 1)),
    "scatter_add_leaf": lambda: _leaf(3, 4).scatter_add_(0, _far(1, 1), _ones(1, 1)),
    "scatter_reduce_dtype": lambda: _ones(3, 4).scatter_reduce(0, _far(1, 1), _small(1, 1), "prod"),
    "scatter_reduce_out": lambda: torch.scatter_reduce(
        _ones(3, 4), 0, _far(1, 1), _ones(1, 1), "prod", out=_small(3, 4)
    ),
    "index_add_dtype": lambda: _ones(3, 4).index_add(0, _far(), _small(1, 4)),
    "index_add_shape": lambda: _ones(3, 4).index_add(0, _far(), _ones(1, 3)),
    "index_add_alpha": lambda: _small(3, 4).index_add(0, _far(), _small(1, 4), alpha=1j),
    "index_add_leaf": lambda: _leaf(3, 4).index_add_(0, _far(), _ones(1, 4)),
    "index_add_out": lambda: torch.index_add(_ones(3, 4), 0, _far(), _ones(1, 4), out=_small(3, 4)),
    "index_copy_shape": lambda: _ones(3, 4).index_copy(0, _far(), _ones(1, 3)),
    "index_copy_leaf": lambda: _leaf(3, 4).index_copy_(0, _far(), _ones(1, 4)),
    "index_fill_value": lambda: _ones(3, 4).index_fill(0, _far(), _ones(2)),
    "index_fill_leaf": lambda: _leaf(3, 4).index_fill_(0, _far(), 1.0),
    "index_reduce_shape": lambda: _ones(3, 4).index_reduce(0, _far(), _ones(1, 3), "prod"),
    "index_reduce_out": lambda: torch.index_reduce(_ones(3, 4), 0, _far(), _ones(1, 4), "prod", out=_small(3, 4)),
    "getitem": lambda: _ones(3, 4)[torch.tensor([7, 7]), torch.tensor([0, 0, 0])],
    "setitem_shape": lambda: _ones(3, 4).__setitem__((_far(),), _ones(5)),
    "setitem_leaf": lambda: _leaf(3, 4).__setitem__((_far(),), 1.0),
    "index_put_dtype": lambda: _ones(3, 4).index_put((_far(),), _small(4)),
    "index_put_shape": lambda: _ones(3, 4).index_put((_far(),), _ones(5)),
    "index_put_leaf": lambda: _leaf(3, 4).index_put_((_far(),), _ones(4)),
    "put_count": lambda: _ones(3).put(_far(), _ones(2)),
    "put_dtype": lambda: _ones(3).put(_far(), _small(1)),
    "put_leaf": lambda: _leaf(3).put_(_far(), _ones(1)),
    "embedding_table": lambda: F.embedding(_far(), _ones(3)),
    "embedding_bag_mode": lambda: F.embedding_bag(_far(), _ones(3, 2), torch.tensor([0]), mode="x"),
    "embedding_bag_weights": lambda: F.embedding_bag(
        _far(), _ones(3, 2), torch.tensor([0]), mode="sum", per_sample_weights=_ones(2)
    ),
    "nll_loss_weight": lambda: F.nll_loss(_ones(1, 3), _far(), weight=_ones(5)),
    "nll_loss_weight_dtype": lambda: F.nll_loss(_ones(1, 3), _far(), weight=_small(3)),
    "nll_loss_weight_gradient": lambda: F.nll_loss(_ones(1, 3), _far(), weight=_leaf(3)),
    "nll_loss_dtype": lambda: F.nll_loss(_small(1, 3), _far()),
    "nll_loss_reduction": lambda: F.nll_loss(_ones(1, 3), _far(), reduction="x"),
    "cross_entropy_weight": lambda: F.cross_entropy(_ones(1, 3), _far(), weight=_ones(5)),
    "cross_entropy_smoothing": lambda: F.cross_entropy(_ones(1, 3), _far(), label_smoothing=2.0),
    "cross_entropy_reduction": lambda: F.cross_entropy(_ones(1, 3), _far(), reduction="x"),
    "multi_margin_loss_p": lambda: F.multi_margin_loss(_ones(1, 3), _far(), p=3),
    "multi_margin_loss_reduction": lambda: F.multi_margin_loss(_ones(1, 3), _far(), reduction="x"),
    "multilabel_margin_loss": lambda: F.multilabel_margin_loss(
        _ones(1, 3), torch.tensor([[7, 0, 0]]), reduction="x"
    ),
    "binary_cross_entropy": lambda: F.binary_cross_entropy(torch.tensor([2.0]), _ones(1), reduction="x"),
    "gaussian_nll_loss": lambda: F.gaussian_nll_loss(_ones(2), _ones(2), -_ones(3)),
    "gaussian_nll_loss_reduction": lambda: F.gaussian_nll_loss(_ones(2), _ones(2), -_ones(2), reduction="x"),
    "bernoulli_leaf": lambda: _leaf(1).bernoulli_(torch.tensor([2.0])),
    "bernoulli_shape": lambda: _ones(1).bernoulli_(torch.tensor([2.0, 2.0])),
    "multinomial": lambda: torch.multinomial(torch.tensor(BELOW), 3),
    "multinomial_out": lambda: torch.multinomial(torch.tensor(BELOW), 1, out=_small(1)),
    "normal_shapes": lambda: torch.normal(torch.zeros(3), torch.tensor(BELOW)),
    "normal_out": lambda: torch.normal(torch.zeros(2), torch.tensor(BELOW), out=_small(2)),
    "quantile": lambda: torch.quantile(_ones(3), torch.tensor([2.0]), interpolation="x"),
    "max_unpool": lambda: F.max_unpool1d(_ones(1, 1, 1), torch.tensor([[[9]]]), 2, output_size=(99,)),
    "bincount": lambda: torch.bincount(torch.tensor([-1]), weights=_ones(2)),
    "masked_scatter": lambda: _leaf(3).masked_scatter_(_ones(3) > 0, _ones(2)),
    "searchsorted": lambda: torch.searchsorted(_ones(3), _ones(1), sorter=torch.tensor([7, 0, 0]), side="x"),
}  # fmt: skip


@pytest.mark.usefixtures("cuda")
@pytest.mark.parametrize("name", CALLS)
def test_what_is_refused_at_once_is_not_refused_later(name: str) -> None:
    with torch.use_backend("cupy"):
        with pytest.raises((RuntimeError, ValueError, IndexError, NotImplementedError)) as caught:
            CALLS[name]()
        torch.cuda.synchronize()
    assert not getattr(caught.value, "__notes__", [])


@pytest.mark.usefixtures("cuda")
def test_the_refusals_of_calls_before_are_kept() -> None:
    with torch.use_backend("cupy"):
        F.embedding(_far(), _ones(3, 2))
        with pytest.raises(RuntimeError, match="desired output type"):
            CALLS["gather_out"]()
        with pytest.raises(IndexError, match="index out of range in self"):
            torch.cuda.synchronize()


@pytest.mark.usefixtures("cuda")
@pytest.mark.parametrize(
    "call",
    [
        lambda: torch.gather(_ones(3, 4), 0, _far(1, 1), out=_ones(1, 1)),
        lambda: _ones(3, 4).scatter_(0, _far(1, 1), 1.0),
        lambda: _ones(3, 4).__setitem__((_far(),), 1.0),
        lambda: (_leaf(3, 4) * 1).scatter_(0, _far(1, 1), 1.0),
    ],
)
def test_what_is_written_is_refused_later(call: Call) -> None:
    with torch.use_backend("cupy"):
        call()
        with pytest.raises((IndexError, RuntimeError), match="index 7 is out of bounds for dimension 0 with size 3"):
            torch.cuda.synchronize()


def _look_up_and_fail() -> None:
    table = _ones(3, 2)
    with held_back(table):
        F.embedding(_far(), table)
    CALLS["gather_out"]()


@pytest.mark.usefixtures("cuda")
def test_blocks_within_each_other_hand_on_outwards() -> None:
    with torch.use_backend("cupy"):
        table = _ones(3, 2)
        with pytest.raises(RuntimeError, match="desired output type"), held_back(table):
            _look_up_and_fail()
        torch.cuda.synchronize()
        with held_back(table), held_back(table):
            F.embedding(_far(), table)
        with pytest.raises(IndexError, match="index out of range in self"):
            torch.cuda.synchronize()
