"""A name of a parameter, a module or a buffer stays one, even while there is None under it."""

import pytest

import flambeau as torch
from flambeau import nn

VALUES = {
    "parameter": lambda: nn.Parameter(torch.ones(1)),
    "module": nn.ReLU,
    "buffer": lambda: nn.Buffer(torch.ones(1)),
    "tensor": lambda: torch.ones(1),
    "number": lambda: 3,
}
REFUSED = {
    "parameter": ("module", "buffer", "tensor", "number"),
    "module": ("buffer", "tensor", "number"),
    "buffer": ("number",),
}


def held(kind, *, cleared):
    module = nn.Module()
    module.w = VALUES[kind]()
    if cleared:
        module.w = None
    return module


@pytest.mark.parametrize("cleared", [False, True])
@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in REFUSED.items() for value in values])
def test_parts_of_a_later_kind_are_refused(kind, value, cleared):
    module = held(kind, cleared=cleared)
    before = dict(module.__dict__["_parameters"] | module.__dict__["_modules"] | module.__dict__["_buffers"])
    what = "child module" if kind == "module" else kind
    with pytest.raises(TypeError, match=f"cannot assign '.*' as {what} 'w' \\(.* or None expected\\)"):
        module.w = VALUES[value]()
    assert module._parameters | module._modules | module._buffers == before


@pytest.mark.parametrize("cleared", [False, True])
@pytest.mark.parametrize(
    ("kind", "value"),
    [("parameter", "parameter"), ("module", "module"), ("module", "parameter"), ("buffer", "module"),
     ("buffer", "parameter"), ("buffer", "buffer"), ("buffer", "tensor")],
)  # fmt: skip
def test_parts_of_an_earlier_kind_take_over(kind, value, cleared):
    module = held(kind, cleared=cleared)
    module.w = part = VALUES[value]()
    assert module.w is part
    assert [len(module._parameters), len(module._modules), len(module._buffers)] == [
        value == "parameter", value == "module", value in ("buffer", "tensor"),
    ]  # fmt: skip


def test_a_name_is_free_when_its_part_is_deleted():
    module = held("parameter", cleared=False)
    del module.w
    module.w = nn.ReLU()
    assert list(module._modules) == ["w"]


def test_messages_name_types_as_pytorch_does():
    module = held("parameter", cleared=True)
    with pytest.raises(TypeError, match=r"cannot assign 'torch.FloatTensor' as parameter 'w'"):
        module.w = nn.Buffer(torch.ones(1))


def test_sharing_memory_moves_the_parameters_there():
    assert isinstance(nn.ReLU().share_memory(), nn.ReLU)
    layer = nn.Linear(1, 1)
    assert layer.share_memory() is layer
    assert all(parameter.is_shared() for parameter in layer.parameters())
