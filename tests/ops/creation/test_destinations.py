"""Every form of the arguments of ``to``, ``type`` and their relatives, of tensors and of modules, beside PyTorch's."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

import flambeau

Arguments = Callable[[Any], tuple[tuple[Any, ...], dict[str, Any]]]


def _given(*args: Any, **kwargs: Any) -> Arguments:
    """Arguments for either library: in angle brackets what either has by that name, or a float64 tensor."""

    def own(t: Any, value: Any) -> Any:
        if value == "<tensor>":
            return t.ones(2, dtype=t.float64)
        if value == "<cpu>":
            return t.device("cpu")
        return getattr(t, value[1:-1]) if isinstance(value, str) and value[:1] == "<" else value

    return lambda t: (tuple(own(t, value) for value in args), {name: own(t, value) for name, value in kwargs.items()})


F64, F32, INT, CPU, OTHER, LAST = "<float64>", "<float32>", "<int64>", "<cpu>", "<tensor>", "<channels_last>"

FORMS: dict[str, Arguments] = {
    str((args, kwargs)): _given(*args, **kwargs)
    for args, kwargs in [
        ((), {}),
        ((F64,), {}),
        ((F64, True), {}),
        ((F64, True, True), {}),
        ((F32, False, True), {}),
        ((F64, False, False, LAST), {}),
        ((F64,), {"memory_format": LAST}),
        ((CPU,), {}),
        ((CPU, F64), {}),
        ((CPU, F64, True, True), {}),
        ((CPU, None), {}),
        ((CPU, None, False, True), {}),
        (("cpu",), {}),
        (("cpu", F64), {}),
        (("cpu", True), {}),
        (("cpu", F64, True, True, True), {}),
        ((OTHER,), {}),
        ((OTHER, True, True), {}),
        ((OTHER,), {"non_blocking": True, "copy": True}),
        ((OTHER, True, True, True), {}),
        ((None,), {}),
        ((None, F64), {}),
        ((None, None, True, True), {}),
        ((), {"dtype": F64}),
        ((), {"device": "cpu"}),
        ((), {"device": CPU, "dtype": F64}),
        ((), {"device": None, "dtype": None}),
        ((), {"tensor": OTHER}),
        ((), {"other": OTHER}),
        ((), {"other": OTHER, "copy": True}),
        ((OTHER,), {"dtype": F64}),
        ((OTHER,), {"device": CPU}),
        ((F64,), {"dtype": F64}),
        ((F64,), {"device": CPU}),
        ((CPU,), {"dtype": F64}),
        ((CPU,), {"device": CPU}),
        ((F64, CPU), {}),
        ((F64, F64), {}),
        ((F64, OTHER), {}),
        ((OTHER, F64), {}),
        ((CPU, OTHER), {}),
        ((), {"copy": True}),
        ((), {"non_blocking": True}),
        ((), {"memory_format": LAST}),
        ((), {"memory_format": "<contiguous_format>"}),
        ((OTHER,), {"memory_format": LAST}),
        ((F32,), {"memory_format": LAST, "copy": True}),
        ((F64, 1), {}),
        ((F64, None), {}),
        ((CPU, F64, "x"), {}),
        ((), {"nothing": 1}),
        ((F64,), {"copy": 1}),
        ((F64,), {"non_blocking": None}),
        ((F64,), {"memory_format": "x"}),
        ((F64,), {"memory_format": None}),
        ((), {"dtype": 3}),
        ((), {"dtype": "float64"}),
        ((float,), {}),
        ((), {"dtype": float}),
        (([],), {}),
        ((), {"device": 3.5}),
        ((LAST,), {}),
        ((INT,), {}),
    ]
}


def _outcome(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except Exception as error:
        return type(error).__name__, str(error)


def _moved_tensor(t: Any, arguments: Arguments) -> Any:
    x = t.arange(24.0).reshape(1, 2, 3, 4)
    args, kwargs = arguments(t)
    y = x.to(*args, **kwargs)
    return str(y.dtype), y.stride(), y is x, y.data_ptr() == x.data_ptr(), y.tolist() == x.tolist()


def _moved_module(t: Any, arguments: Arguments) -> Any:
    module = t.nn.Sequential(t.nn.Linear(2, 3))
    module.register_buffer("count", t.zeros(1, dtype=t.int64))
    args, kwargs = arguments(t)
    return module.to(*args, **kwargs) is module, [str(value.dtype) for value in module.state_dict().values()]


@pytest.mark.oracle
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("moved", [_moved_tensor, _moved_module])
def test_to_takes_the_forms_of_pytorch(torch: ModuleType, moved: Callable[[Any, Arguments], Any], form: str) -> None:
    assert _outcome(lambda: moved(flambeau, FORMS[form])) == _outcome(lambda: moved(torch, FORMS[form]))


RELATIVES: dict[str, Callable[[Any, Any], Any]] = {
    "type": lambda t, x: x.type(),
    "type of a dtype": lambda t, x: x.type(t.float64),
    "type by name": lambda t, x: x.type("torch.DoubleTensor"),
    "type by class": lambda t, x: x.type(t.DoubleTensor),
    "type by keyword": lambda t, x: x.type(dtype=t.int32, non_blocking=True),
    "type in a format": lambda t, x: x.type(t.float64, memory_format=t.channels_last),
    "type of nothing": lambda t, x: x.type(3),
    "type of a tensor": lambda t, x: x.type(x),
    "type of an unknown name": lambda t, x: x.type("torch.NoTensor"),
    "type with another keyword": lambda t, x: x.type(t.float64, nothing=1),
    "double in a format": lambda t, x: x.double(memory_format=t.channels_last),
    "float in the same format": lambda t, x: x.float(memory_format=t.contiguous_format),
    "float in no format": lambda t, x: x.float(memory_format=3),
    "half": lambda t, x: x.half(),
    "bool with another keyword": lambda t, x: x.bool(nothing=1),
    "cpu": lambda t, x: x.cpu(),
    "cpu in a format": lambda t, x: x.cpu(memory_format=t.channels_last),
    "cpu in no format": lambda t, x: x.cpu(memory_format="x"),
    "type_as": lambda t, x: x.type_as(t.ones(1, dtype=t.int64)),
    "type_as of a number": lambda t, x: x.type_as(3),
    "copy_ of a number": lambda t, x: x.copy_(2.5).sum().item(),
    "copy_ of a number into integers": lambda t, x: x.int().copy_(2.5).sum().item(),
    "copy_ of a number with a history": lambda t, x: x.requires_grad_().mul(2).copy_(3).sum().backward() or x.grad.sum().item(),
    "copy_ of text": lambda t, x: x.copy_("x"),
    "cuda on the cpu": lambda t, x: x.cuda("cpu"),
    "cuda of a dtype": lambda t, x: x.cuda(t.float64),
    "requires_grad_ of a number": lambda t, x: x.requires_grad_(3),
}  # fmt: skip


def _described(value: Any) -> Any:
    return (str(value.dtype), value.stride()) if hasattr(value, "stride") else value


@pytest.mark.oracle
@pytest.mark.parametrize("name", RELATIVES)
def test_relatives_of_to(torch: ModuleType, name: str) -> None:
    def run(t: Any) -> Any:
        return _outcome(lambda: _described(RELATIVES[name](t, t.arange(24.0).reshape(1, 2, 3, 4))))

    assert run(flambeau) == run(torch)


MODULES: dict[str, Callable[[Any, Any], Any]] = {
    "double": lambda t, module: module.double(),
    "half": lambda t, module: module.half(),
    "bfloat16": lambda t, module: module.bfloat16(),
    "cpu": lambda t, module: module.cpu(),
    "type": lambda t, module: module.type(t.float64),
    "type by name": lambda t, module: module.type(dst_type="torch.DoubleTensor"),
    "type of integers": lambda t, module: module.type(t.int64),
    "type of nothing": lambda t, module: module.type(3),
    "to_empty": lambda t, module: module.to_empty(device="cpu"),
    "to_empty of the module alone": lambda t, module: module.to_empty(device=t.device("cpu"), recurse=False),
    "cuda on the cpu": lambda t, module: module.cuda("cpu"),
    "requires_grad_": lambda t, module: module.requires_grad_(False),
    "requires_grad_ of a number": lambda t, module: module.requires_grad_(1),
}


@pytest.mark.oracle
@pytest.mark.parametrize("name", MODULES)
def test_modules_are_converted_as_pytorchs(torch: ModuleType, name: str) -> None:
    def run(t: Any) -> Any:
        module = t.nn.Sequential(t.nn.Linear(2, 3))
        module.register_buffer("count", t.zeros(1, dtype=t.int64))
        error = _outcome(lambda: MODULES[name](t, module) is module)
        state = {name: (str(value.dtype), tuple(value.shape)) for name, value in module.state_dict().items()}
        return error, state, [parameter.requires_grad for parameter in module.parameters()]

    assert run(flambeau) == run(torch)


def _moved_sparse(t: Any, arguments: Arguments) -> Any:
    x = t.eye(2).to_sparse()
    args, kwargs = arguments(t)
    y = x.to(*args, **kwargs)
    shared = [a.data_ptr() == b.data_ptr() for a, b in ((x._indices(), y._indices()), (x._values(), y._values()))]
    return str(y.dtype), y is x, shared, y.to_dense().tolist()


@pytest.mark.oracle
@pytest.mark.parametrize(
    "form",
    [form for form in FORMS if "memory_format" not in form and LAST not in form],
)
def test_to_of_a_sparse_tensor(torch: ModuleType, form: str) -> None:
    assert _outcome(lambda: _moved_sparse(flambeau, FORMS[form])) == _outcome(lambda: _moved_sparse(torch, FORMS[form]))
