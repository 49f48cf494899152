"""Documented behaviours of memory: who shares it, who copies, what works in place, and where tensors are."""

from typing import Any

from ...checks import expect, expect_equal
from ...declare import case
from ...documented import gives, prints, refuses
from ...subject import Subject

_INTS = ("int64",)
_BOTH = ("float32", "int64")


def _shared(one: Any, other: Any) -> bool:
    return bool(one.data_ptr() == other.data_ptr())


def _x(t: Any) -> Any:
    return t.tensor([[3.0, 2.0, 1.0], [4.0, 5.0, 6.0]])


# -- the constructor ---------------------------------------------------------------------------------------------------

gives("FloatTensor", "default", lambda t: t.Tensor([1]).dtype is t.float32, True)
gives("BoolTensor", "values", lambda t: t.BoolTensor([True, False]), [True, False], dtypes=("bool",))
prints("BoolTensor", "type", lambda t: t.BoolTensor([True]).type(), "torch.BoolTensor", dtypes=("bool",))
gives("Tensor#constructor_keywords", "requires-grad", lambda t: t.Tensor([1.0], requires_grad=True).requires_grad, True)
gives("Tensor#always_float32", "of-ints", lambda t: (t.Tensor(t.tensor([1, 2])).dtype is t.float32, t.Tensor([1, 2])),
      [True, [1.0, 2.0]], dtypes=_BOTH)  # fmt: skip
gives("Tensor#recommendation", "number", lambda t: (t.Tensor(3).shape, t.tensor(3).shape), [[3], []], dtypes=_BOTH)


@case("Tensor/documented/copy_of_tensor/-", dtypes=("float32",), anchors=("Tensor#copy_of_tensor",))
def _copy_of_tensor(subject: Subject) -> None:
    torch = subject.torch
    source = torch.zeros(2)
    alias, copy = torch.Tensor(source), source.detach().clone()
    source[0] = 7.0
    expect_equal((alias.tolist(), copy.tolist()), ([7.0, 0.0], [0.0, 0.0]))


# -- views and copies --------------------------------------------------------------------------------------------------

gives("Tensor.t", "turned", lambda t: (_x(t).t(), t.ones(2).t(), t.tensor(5.0).t()),
      [[[3.0, 4.0], [2.0, 5.0], [1.0, 6.0]], [1.0, 1.0], 5.0])  # fmt: skip
gives("Tensor.transpose", "dims", lambda t: (t.zeros(2, 3, 4).transpose(0, -1).shape, _x(t).transpose(0, 1).is_contiguous()),
      [[4, 3, 2], False])  # fmt: skip
gives("Tensor.float", "converted", lambda t: (t.tensor([1, 2]).float(), t.tensor([1]).float().dtype is t.float32),
      [[1.0, 2.0], True], dtypes=_BOTH)  # fmt: skip
gives("Tensor.reshape#versions", "view-or-copy",
      lambda t: [_shared(x, x.reshape(6)) for x in (_x(t), _x(t).t())], [True, False])  # fmt: skip
refuses("expand#vs_repeat", "written", lambda t: t.ones(1).expand(3).add_(1), RuntimeError,
        "more than one element of the written-to tensor refers to a single memory location")  # fmt: skip


@case("identity/documented/the-same/-", dtypes=("float32",),
      anchors=("Tensor.contiguous", "Tensor.float", "Tensor.cpu", "Tensor#device_moves_in_script"))  # fmt: skip
def _the_same(subject: Subject) -> None:
    x = _x(subject.torch)
    expect(x.contiguous() is x, "contiguous() of a contiguous tensor is another one")
    expect(x.float() is x, "float() of a float32 tensor is another one")
    expect(x.to(x.device) is x, "to() of its own device is another tensor")
    on_cpu = x.cpu()
    expect_equal((str(on_cpu.device), on_cpu.tolist()), ("cpu", x.tolist()))
    expect(on_cpu.cpu() is on_cpu, "cpu() of a tensor on the CPU is another one")


@case("views/documented/written-through/-", dtypes=("float32",),
      anchors=("Tensor.t", "Tensor.transpose", "Tensor.__getitem__#slice", "Tensor.__setitem__", "expand#vs_repeat"))  # fmt: skip
def _written_through(subject: Subject) -> None:
    x = _x(subject.torch)
    views = (x.t()[0], x.transpose(0, 1)[0], x[:, 0], x[:, :1].expand(2, 4)[:, 3])
    copies = (x.t().contiguous()[0], x[:, :1].repeat(1, 4)[:, 3], x.index_select(1, subject.torch.tensor([0]))[:, 0])
    x[0, 0] = 100.0
    expect_equal([view.tolist() for view in views], [[100.0, 4.0]] * 4, "what the views hold")
    expect_equal([copy.tolist() for copy in copies], [[3.0, 4.0]] * 3, "what the copies hold")


@case("contiguous/documented/copied/-", dtypes=("float32",), anchors=("Tensor.contiguous",))
def _copied(subject: Subject) -> None:
    turned = _x(subject.torch).t()
    copy = turned.contiguous()
    expect_equal((turned.is_contiguous(), copy.is_contiguous(), copy.stride()), (False, True, (2, 1)))
    expect_equal(copy.tolist(), turned.tolist())


# -- methods -----------------------------------------------------------------------------------------------------------

gives("Tensor.__getitem__#advanced", "broadcast", lambda t: _x(t)[t.tensor([[0], [1]]), t.tensor([0, 2])],
      [[3.0, 1.0], [4.0, 6.0]])  # fmt: skip
gives("Tensor.gather", "columns", lambda t: _x(t).gather(1, t.tensor([[0, 0], [2, 1]])), [[3.0, 3.0], [6.0, 5.0]])
gives("Tensor.max", "dim", lambda t: (_x(t).max(), *_x(t).max(dim=1)), [6.0, [3.0, 6.0], [0, 2]])
gives("Tensor.min", "dim", lambda t: (_x(t).min(), *_x(t).min(dim=0)), [1.0, [3.0, 2.0, 1.0], [0, 0, 0]])
gives("Tensor.argmax", "dim", lambda t: (_x(t).argmax(), _x(t).argmax(dim=0, keepdim=True)), [5, [[1, 1, 1]]])
gives("max#positional_out", "pair", lambda t: t.max(_x(t), 1, False, (t.empty(2), t.empty(2, dtype=t.int64))),
      [[3.0, 6.0], [0, 2]], dtypes=_BOTH)  # fmt: skip
gives("Tensor.log", "powers", lambda t: t.tensor([1.0, 2.718281828459045]).log(), [0.0, 1.0])
gives("Tensor.log2", "powers", lambda t: t.tensor([1.0, 8.0]).log2(), [0.0, 3.0])
gives("Tensor.log10", "powers", lambda t: t.tensor([1.0, 1000.0]).log10(), [0.0, 3.0])
gives("Tensor.roll", "dims", lambda t: _x(t).roll(1, dims=1), [[1.0, 3.0, 2.0], [6.0, 4.0, 5.0]])
prints("roll#print_example", "flat", lambda t: t.roll(t.tensor([[1, 2], [3, 4]]), 1), "tensor([[4, 1],\n        [2, 3]])",
       dtypes=_INTS)  # fmt: skip
gives("clip#versions", "both-names", lambda t: (t.clip(_x(t), 2, 4), t.clamp(_x(t), 2, 4)),
      [[[3.0, 2.0, 2.0], [4.0, 4.0, 4.0]]] * 2)  # fmt: skip


@case("inplace/documented/rules/-", dtypes=("float32",), anchors=("inplace#rules", "nn.functional.relu"))
def _in_place(subject: Subject) -> None:
    torch = subject.torch
    x = torch.tensor([-1.0, 2.0])
    expect_equal((torch.nn.functional.relu(x).tolist(), x.tolist()), ([0.0, 2.0], [-1.0, 2.0]))
    expect(torch.nn.functional.relu(x, inplace=True) is x, "relu(inplace=True) gives another tensor")
    expect_equal(x.tolist(), [0.0, 2.0])
    expect(x.add_(1).mul_(2).clamp_(max=5) is x, "methods in place give another tensor")
    expect_equal(x.tolist(), [2.0, 5.0])
    expect(x.copy_(torch.ones(2)).zero_() is x, "methods in place give another tensor")
    expect_equal(x.tolist(), [0.0, 0.0])


# -- devices -----------------------------------------------------------------------------------------------------------


@case("device/documented/placement/-", dtypes=("float32",),
      anchors=("Tensor.device", "nn.Parameter.device", "device#default_placement"))  # fmt: skip
def _placement(subject: Subject) -> None:
    torch = subject.torch
    place = torch.get_default_device()
    made = (torch.ones(1), torch.tensor([1]), torch.nn.Linear(10, 10).weight, torch.nn.Linear(10, 10).bias)
    expect_equal({each.device.type for each in made}, {place.type}, "the devices of what is made")
    expect_equal(f"{torch.ones(1, device='cpu').device}", "cpu")
