"""Views: whose memory they are, where they begin, and gradients of writes through them."""

from functools import partial
from typing import Any

from ...programs import program, programs

# A view of [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]: its strides, its offset, and the base after 100 is added to it.

_VIEWS: dict[str, Any] = {
    "row": lambda x: x[1], "last-row": lambda x: x[-1], "column": lambda x: x[:, 2], "slice": lambda x: x[1:3, 1:3],
    "step": lambda x: x[:, ::2], "step-from-one": lambda x: x[1::2, 1::3], "ellipsis": lambda x: x[..., -1],
    "element": lambda x: x[2, 3], "transposed": lambda x: x.t()[1], "transpose": lambda x: x.transpose(0, 1)[2, 1:],
    "permute": lambda x: x.reshape(3, 2, 2).permute(2, 0, 1)[1], "select": lambda x: x.select(1, -1), "narrow": lambda x: x.narrow(1, 1, 2),
    "diagonal": lambda x: x.diagonal(), "diagonal-above": lambda x: x.diagonal(1), "diagonal-below": lambda x: x.diagonal(-1), "view": lambda x: x.view(4, 3)[1],
    "flatten": lambda x: x.flatten()[5:7], "unsqueeze": lambda x: x[0].unsqueeze(1), "squeeze": lambda x: x[:1].squeeze(0),
    "chunk": lambda x: x.chunk(2, 1)[1], "split": lambda x: x.split((1, 3), 1)[1], "unbind": lambda x: x.unbind(1)[1], "unfold": lambda x: x[0].unfold(0, 2, 2)[1],
    "as-strided": lambda x: x.as_strided((2, 2), (5, 1), 1), "movedim": lambda x: x.movedim(0, 1)[0], "swapaxes": lambda x: x.swapaxes(0, 1)[3],
    "real": lambda x: x.real[0], "detach": lambda x: x.detach()[0], "data": lambda x: x.data[2], "view-as": lambda x: x.view_as(x)[1, 1:],
    "unflatten": lambda x: x.unflatten(1, (2, 2))[:, 1], "tensor-split": lambda x: x.tensor_split(3, 1)[0], "hsplit": lambda x: x.hsplit(2)[1],
    "mT": lambda x: x.mT[0], "alias": lambda x: x[:], "reshape-view": lambda x: x.reshape(2, 6)[1], "expand-none": lambda x: x[0].expand(4),
    "ravel": lambda x: x.ravel()[3:5], "atleast": lambda x: x[1, 1].reshape(1),
}  # fmt: skip


def _written(t: Any, make: Any) -> Any:
    x = t.arange(12.0).reshape(3, 4).clone()
    view = make(x)
    view.add_(100.0)
    return view.shape, view.stride(), view.storage_offset(), x.ge(100).nonzero().tolist()


_PLACES: dict[str, Any] = {
    "row": [[4], [1], 4, [[1, 0], [1, 1], [1, 2], [1, 3]]],
    "last-row": [[4], [1], 8, [[2, 0], [2, 1], [2, 2], [2, 3]]],
    "column": [[3], [4], 2, [[0, 2], [1, 2], [2, 2]]],
    "slice": [[2, 2], [4, 1], 5, [[1, 1], [1, 2], [2, 1], [2, 2]]],
    "step": [[3, 2], [4, 2], 0, [[0, 0], [0, 2], [1, 0], [1, 2], [2, 0], [2, 2]]],
    "step-from-one": [[1, 1], [8, 3], 5, [[1, 1]]],
    "ellipsis": [[3], [4], 3, [[0, 3], [1, 3], [2, 3]]],
    "element": [[], [], 11, [[2, 3]]],
    "transposed": [[3], [4], 1, [[0, 1], [1, 1], [2, 1]]],
    "transpose": [[2], [4], 6, [[1, 2], [2, 2]]],
    "permute": [[3, 2], [4, 2], 1, [[0, 1], [0, 3], [1, 1], [1, 3], [2, 1], [2, 3]]],
    "select": [[3], [4], 3, [[0, 3], [1, 3], [2, 3]]],
    "narrow": [[3, 2], [4, 1], 1, [[0, 1], [0, 2], [1, 1], [1, 2], [2, 1], [2, 2]]],
    "diagonal": [[3], [5], 0, [[0, 0], [1, 1], [2, 2]]],
    "diagonal-above": [[3], [5], 1, [[0, 1], [1, 2], [2, 3]]],
    "diagonal-below": [[2], [5], 4, [[1, 0], [2, 1]]],
    "view": [[3], [1], 3, [[0, 3], [1, 0], [1, 1]]],
    "flatten": [[2], [1], 5, [[1, 1], [1, 2]]],
    "unsqueeze": [[4, 1], [1, 1], 0, [[0, 0], [0, 1], [0, 2], [0, 3]]],
    "squeeze": [[4], [1], 0, [[0, 0], [0, 1], [0, 2], [0, 3]]],
    "chunk": [[3, 2], [4, 1], 2, [[0, 2], [0, 3], [1, 2], [1, 3], [2, 2], [2, 3]]],
    "split": [[3, 3], [4, 1], 1, [[0, 1], [0, 2], [0, 3], [1, 1], [1, 2], [1, 3], [2, 1], [2, 2], [2, 3]]],
    "unbind": [[3], [4], 1, [[0, 1], [1, 1], [2, 1]]],
    "unfold": [[2], [1], 2, [[0, 2], [0, 3]]],
    "as-strided": [[2, 2], [5, 1], 1, [[0, 1], [0, 2], [1, 2], [1, 3]]],
    "movedim": [[3], [4], 0, [[0, 0], [1, 0], [2, 0]]],
    "swapaxes": [[3], [4], 3, [[0, 3], [1, 3], [2, 3]]],
    "real": [[4], [1], 0, [[0, 0], [0, 1], [0, 2], [0, 3]]],
    "detach": [[4], [1], 0, [[0, 0], [0, 1], [0, 2], [0, 3]]],
    "data": [[4], [1], 8, [[2, 0], [2, 1], [2, 2], [2, 3]]],
    "view-as": [[3], [1], 5, [[1, 1], [1, 2], [1, 3]]],
    "unflatten": [[3, 2], [4, 1], 2, [[0, 2], [0, 3], [1, 2], [1, 3], [2, 2], [2, 3]]],
    "tensor-split": [[3, 2], [4, 1], 0, [[0, 0], [0, 1], [1, 0], [1, 1], [2, 0], [2, 1]]],
    "hsplit": [[3, 2], [4, 1], 2, [[0, 2], [0, 3], [1, 2], [1, 3], [2, 2], [2, 3]]],
    "mT": [[3], [4], 0, [[0, 0], [1, 0], [2, 0]]],
    "alias": [[3, 4], [4, 1], 0, [[0, 0], [0, 1], [0, 2], [0, 3], [1, 0], [1, 1], [1, 2], [1, 3], [2, 0], [2, 1], [2, 2], [2, 3]]],
    "reshape-view": [[6], [1], 6, [[1, 2], [1, 3], [2, 0], [2, 1], [2, 2], [2, 3]]],
    "expand-none": [[4], [1], 0, [[0, 0], [0, 1], [0, 2], [0, 3]]],
    "ravel": [[2], [1], 3, [[0, 3], [1, 0]]],
    "atleast": [[1], [1], 5, [[1, 1]]],
}  # fmt: skip

for _name, _make in _VIEWS.items():
    program(f"written_view/alias/{_name}", _PLACES[_name], dtypes=("float32", "int64", "bool"))(
        partial(_written, make=_make)
    )

_COPIES: dict[str, Any] = {
    "index": lambda t, x: x[t.tensor([0, 1])], "mask": lambda t, x: x[x > -1], "clone": lambda t, x: x.clone(), "flip": lambda t, x: x.flip(0),
    "reshape-of-transposed": lambda t, x: x.t().reshape(12), "flatten-of-transposed": lambda t, x: x.t().flatten(), "contiguous-of-transposed": lambda t, x: x.t().contiguous(),
    "repeat": lambda t, x: x.repeat(1, 1), "roll": lambda t, x: x.roll(1), "take": lambda t, x: x.take(t.arange(12)), "to-copy": lambda t, x: x.to(t.float32, copy=True),
    "cat-of-one": lambda t, x: t.cat((x,)), "stack": lambda t, x: t.stack((x,)), "tril": lambda t, x: x.tril(), "index_select": lambda t, x: x.index_select(0, t.arange(3)),
    "gather": lambda t, x: x.gather(0, t.zeros(3, 4, dtype=t.int64)), "where": lambda t, x: t.where(x > -1, x, x), "tensor": lambda t, x: t.tensor(x.tolist()),
    "sum-of-nothing": lambda t, x: x.sum(()) if False else x.sum(0), "relu": lambda t, x: x.relu(), "abs": lambda t, x: x.abs(), "positive-times-one": lambda t, x: x * 1,
    "sort": lambda t, x: x.sort()[0], "diag": lambda t, x: x[:3, :3].diag(), "unique": lambda t, x: x.unique(), "broadcast-tensors-kept": lambda t, x: x.repeat_interleave(1, 0),
    "deepcopy": lambda t, x: __import__("copy").deepcopy(x), "new-tensor": lambda t, x: x.new_tensor(x.tolist()), "clamp": lambda t, x: x.clamp(min=-5), "dropout-p0": lambda t, x: t.nn.functional.threshold(x, -5, 0),
    "pad-none": lambda t, x: t.nn.functional.pad(x, (0, 0)), "round": lambda t, x: x.round(), "maximum": lambda t, x: t.maximum(x, x), "masked_fill": lambda t, x: x.masked_fill(x > 100, 0),
}  # fmt: skip
_SAME: dict[str, Any] = {
    "contiguous": lambda t, x: x.contiguous(), "to-same": lambda t, x: x.to(t.float32), "float": lambda t, x: x.float(), "type": lambda t, x: x.type(t.float32),
    "as_tensor": lambda t, x: t.as_tensor(x), "reshape-same": lambda t, x: x.reshape(3, 4), "broadcast_to": lambda t, x: x.broadcast_to(3, 4), "expand": lambda t, x: x.expand(-1, -1),
    "positive": lambda t, x: +x, "squeeze-none": lambda t, x: x.squeeze(), "atleast_2d": lambda t, x: t.atleast_2d(x), "asarray": lambda t, x: t.asarray(x),
    "conj-of-real": lambda t, x: x.conj(), "dropout-eval": lambda t, x: t.nn.functional.dropout(x, 0.5, training=False), "identity": lambda t, x: t.nn.Identity()(x),
    "meshgrid": lambda t, x: t.meshgrid(x[0], x[1], indexing="ij")[0], "broadcast_tensors": lambda t, x: t.broadcast_tensors(x, x[0])[0], "flatten-one": lambda t, x: x[0].flatten(),
    "resolve_conj": lambda t, x: x.resolve_conj(), "cpu": lambda t, x: x.to(x.device), "requires_grad_": lambda t, x: x.requires_grad_(False), "t-of-vector": lambda t, x: x[0].t(),
    "unflatten-one": lambda t, x: x.unflatten(0, (3,)), "movedim-none": lambda t, x: x.movedim(0, 0),
}  # fmt: skip


def _shares(t: Any, make: Any) -> bool:
    x = t.arange(12.0).reshape(3, 4).clone()
    made = make(t, x)
    before = made.tolist()
    x.add_(1000.0)
    return bool(made.tolist() != before)


programs("copy", {name: (partial(_shares, make=make), False) for name, make in _COPIES.items()},
         aspect="alias", dtypes=("float32", "int64", "bool"))  # fmt: skip
programs("same", {name: (partial(_shares, make=make), True) for name, make in _SAME.items()},
         aspect="alias", dtypes=("float32", "int64", "bool"))  # fmt: skip


# -- gradients of writes through views ------------------------------------------------------------------------------


def _slope(t: Any, write: Any) -> Any:
    """What a program makes of twice a leaf, and the gradient of the weighted sum of it."""
    x = t.arange(1.0, 7.0).reshape(2, 3).requires_grad_()
    y = x * 2
    made = write(y)
    y = y if made is None else made
    (y * t.arange(1.0, y.numel() + 1).reshape(y.shape)).sum().backward()
    return y.detach(), x.grad


def _then(write: Any) -> Any:
    """A program whose last value is dropped."""
    return lambda y: (write(y), None)[1]


programs("view_gradient", {
    "row-scaled": (lambda t: _slope(t, _then(lambda y: y[0].mul_(10))), [[[20.0, 40.0, 60.0], [8.0, 10.0, 12.0]], [[20.0, 40.0, 60.0], [8.0, 10.0, 12.0]]]),
    "column-scaled": (lambda t: _slope(t, _then(lambda y: y[:, 1].mul_(10))), [[[2.0, 40.0, 6.0], [8.0, 100.0, 12.0]], [[2.0, 40.0, 6.0], [8.0, 100.0, 12.0]]]),
    "transposed-scaled": (lambda t: _slope(t, _then(lambda y: y.t()[2].mul_(10))), [[[2.0, 4.0, 60.0], [8.0, 10.0, 120.0]], [[2.0, 4.0, 60.0], [8.0, 10.0, 120.0]]]),
    "diagonal-scaled": (lambda t: _slope(t, _then(lambda y: y.diagonal().mul_(10))), [[[20.0, 4.0, 6.0], [8.0, 100.0, 12.0]], [[20.0, 4.0, 6.0], [8.0, 100.0, 12.0]]]),
    "select-squared": (lambda t: _slope(t, _then(lambda y: y.select(1, 0).pow_(2))), [[[4.0, 4.0, 6.0], [64.0, 10.0, 12.0]], [[8.0, 4.0, 6.0], [128.0, 10.0, 12.0]]]),
    "narrow-zeroed": (lambda t: _slope(t, _then(lambda y: y.narrow(1, 1, 2).zero_())), [[[2.0, 0.0, 0.0], [8.0, 0.0, 0.0]], [[2.0, 0.0, 0.0], [8.0, 0.0, 0.0]]]),
    "flat-filled": (lambda t: _slope(t, _then(lambda y: y.view(6)[2:4].fill_(7))), [[[2.0, 4.0, 7.0], [7.0, 10.0, 12.0]], [[2.0, 4.0, 0.0], [0.0, 10.0, 12.0]]]),
    "view-of-view": (lambda t: _slope(t, _then(lambda y: y[1:].t()[1:].mul_(3))), [[[2.0, 4.0, 6.0], [8.0, 30.0, 36.0]], [[2.0, 4.0, 6.0], [8.0, 30.0, 36.0]]]),
    "row-set": (lambda t: _slope(t, _then(lambda y: y.__setitem__(0, 5.0))), [[[5.0, 5.0, 5.0], [8.0, 10.0, 12.0]], [[0.0, 0.0, 0.0], [8.0, 10.0, 12.0]]]),
    "row-set-from-row": (lambda t: _slope(t, _then(lambda y: y.__setitem__(0, y[1] * 3))), [[[24.0, 30.0, 36.0], [8.0, 10.0, 12.0]], [[0.0, 0.0, 0.0], [14.0, 22.0, 30.0]]]),
    "mask-set": (lambda t: _slope(t, _then(lambda y: y.__setitem__(y > 6, 0.0))), [[[2.0, 4.0, 6.0], [0.0, 0.0, 0.0]], [[2.0, 4.0, 6.0], [0.0, 0.0, 0.0]]]),
    "index-set": (lambda t: _slope(t, _then(lambda y: y.__setitem__((0, t.tensor([0, 2])), y[1, :2]))), [[[8.0, 4.0, 10.0], [8.0, 10.0, 12.0]], [[0.0, 4.0, 0.0], [10.0, 16.0, 12.0]]]),
    "copy-into-view": (lambda t: _slope(t, _then(lambda y: y[0].copy_(y[1]))), [[[8.0, 10.0, 12.0], [8.0, 10.0, 12.0]], [[0.0, 0.0, 0.0], [10.0, 14.0, 18.0]]]),
    "add-other": (lambda t: _slope(t, _then(lambda y: y[0].add_(y[1], alpha=3))), [[[26.0, 34.0, 42.0], [8.0, 10.0, 12.0]], [[2.0, 4.0, 6.0], [14.0, 22.0, 30.0]]]),
    "exp-of-view": (lambda t: _slope(t, _then(lambda y: y[0].mul_(0).exp_())), [[[1.0, 1.0, 1.0], [8.0, 10.0, 12.0]], [[0.0, 0.0, 0.0], [8.0, 10.0, 12.0]]]),
    "twice": (lambda t: _slope(t, _then(lambda y: (y[0].mul_(2), y[:, 0].mul_(5)))), [[[20.0, 8.0, 12.0], [40.0, 10.0, 12.0]], [[20.0, 8.0, 12.0], [40.0, 10.0, 12.0]]]),
    "view-made-before": (lambda t: _slope(t, lambda y: (lambda view: (y.mul_(3), view)[1])(y[1])), [[24.0, 30.0, 36.0], [[0.0, 0.0, 0.0], [6.0, 12.0, 18.0]]]),
    "view-after-write-of-another": (lambda t: _slope(t, lambda y: (lambda one, two: (one.mul_(3), two)[1])(y[0], y[:, 0])), [[6.0, 8.0], [[6.0, 0.0, 0.0], [4.0, 0.0, 0.0]]]),
    "chunk-after-write": (lambda t: _slope(t, lambda y: (y.mul_(3), y.chunk(3, 1)[1])[1]), [[[12.0], [30.0]], [[0.0, 6.0, 0.0], [0.0, 12.0, 0.0]]]),
    "expand": (lambda t: _slope(t, lambda y: y[:, :1].expand(2, 4)), [[[2.0, 2.0, 2.0, 2.0], [8.0, 8.0, 8.0, 8.0]], [[20.0, 0.0, 0.0], [52.0, 0.0, 0.0]]]),
    "expand-new-dim": (lambda t: _slope(t, lambda y: y.expand(2, 2, 3)), [[[[2.0, 4.0, 6.0], [8.0, 10.0, 12.0]], [[2.0, 4.0, 6.0], [8.0, 10.0, 12.0]]], [[16.0, 20.0, 24.0], [28.0, 32.0, 36.0]]]),
    "permute": (lambda t: _slope(t, lambda y: y.permute(1, 0)), [[[2.0, 8.0], [4.0, 10.0], [6.0, 12.0]], [[2.0, 6.0, 10.0], [4.0, 8.0, 12.0]]]),
    "unbind": (lambda t: _slope(t, lambda y: y.unbind(1)[2]), [[6.0, 12.0], [[0.0, 0.0, 2.0], [0.0, 0.0, 4.0]]]),
    "split": (lambda t: _slope(t, lambda y: y.split((1, 2), 1)[1]), [[[4.0, 6.0], [10.0, 12.0]], [[0.0, 2.0, 4.0], [0.0, 6.0, 8.0]]]),
    "as-strided": (lambda t: _slope(t, lambda y: y.as_strided((2, 2), (2, 1), 1)), [[[4.0, 6.0], [8.0, 10.0]], [[0.0, 2.0, 4.0], [6.0, 8.0, 0.0]]]),
    "as-strided-overlapping": (lambda t: _slope(t, lambda y: y.as_strided((3, 2), (1, 1))), [[[2.0, 4.0], [4.0, 6.0], [6.0, 8.0]], [[2.0, 10.0, 18.0], [12.0, 0.0, 0.0]]]),
    "unfold-overlapping": (lambda t: _slope(t, lambda y: y.unfold(1, 2, 1)), [[[[2.0, 4.0], [4.0, 6.0]], [[8.0, 10.0], [10.0, 12.0]]], [[2.0, 10.0, 8.0], [10.0, 26.0, 16.0]]]),
    "detach-written": (lambda t: _slope(t, _then(lambda y: y.detach()[0].mul_(10))), [[[20.0, 40.0, 60.0], [8.0, 10.0, 12.0]], [[2.0, 4.0, 6.0], [8.0, 10.0, 12.0]]]),
    "masked-fill": (lambda t: _slope(t, _then(lambda y: y[0].masked_fill_(y[1] > 9, 1.0))), [[[2.0, 1.0, 1.0], [8.0, 10.0, 12.0]], [[2.0, 0.0, 0.0], [8.0, 10.0, 12.0]]]),
    "in-place-relu": (lambda t: _slope(t, _then(lambda y: (y.sub_(5), t.relu_(y[:, :2])))), [[[0.0, 0.0, 1.0], [3.0, 5.0, 7.0]], [[0.0, 0.0, 6.0], [8.0, 10.0, 12.0]]]),
    "squeeze": (lambda t: _slope(t, _then(lambda y: y[:, :1].squeeze(1).mul_(4))), [[[8.0, 4.0, 6.0], [32.0, 10.0, 12.0]], [[8.0, 4.0, 6.0], [32.0, 10.0, 12.0]]]),
    "t_": (lambda t: _slope(t, lambda y: y.t_()[1:]), [[[4.0, 10.0], [6.0, 12.0]], [[0.0, 2.0, 6.0], [0.0, 4.0, 8.0]]]),
    "unsqueeze_": (lambda t: _slope(t, lambda y: y.unsqueeze_(0)[0, 1]), [[8.0, 10.0, 12.0], [[0.0, 0.0, 0.0], [2.0, 4.0, 6.0]]]),
    "into-leaf-made-buffer": (lambda t: _slope(t, lambda y: (lambda buffer: (buffer[1:].copy_(y), buffer)[1])(t.zeros(3, 3))), [[[0.0, 0.0, 0.0], [2.0, 4.0, 6.0], [8.0, 10.0, 12.0]], [[8.0, 10.0, 12.0], [14.0, 16.0, 18.0]]]),
    "into-buffer-twice": (lambda t: _slope(t, lambda y: (lambda buffer: (
        buffer[:2].add_(y), buffer[1:].add_(y), buffer)[2])(t.zeros(3, 3))), [[[2.0, 4.0, 6.0], [10.0, 14.0, 18.0], [8.0, 10.0, 12.0]], [[10.0, 14.0, 18.0], [22.0, 26.0, 30.0]]]),
}, aspect="gradient", dtypes=("float32", "int64", "bool"))  # fmt: skip


@program("view_gradient/value/names-of-nodes", ["AddBackward0", "ReluBackward0", "torch::autograd::CopyBackwards"])
def _names(t: Any) -> Any:
    x = t.ones(2, 3, requires_grad=True) * 1
    x.add_(1)
    return x.grad_fn.name(), x.relu_().grad_fn.name(), t.zeros(2, 3).copy_(x).grad_fn.name()


@program(
    "view_gradient/value/flags", [[True, False, False, False], [True, False, True, True], [True, False, True, True]]
)
def _flags(t: Any) -> Any:
    base = t.zeros(2, 3)
    view = base[0]
    view.copy_(t.ones(3, requires_grad=True))
    late = base[1]
    return [(each.requires_grad, each.is_leaf, each._is_view(), each._base is base) for each in (base, view, late)]
