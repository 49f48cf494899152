"""Every public name of PyTorch's `torch.nn`, with its parameters, is there, or stands in the table below with its reason."""

from __future__ import annotations

import importlib
import inspect
from types import ModuleType
from typing import Any

import pytest

import flambeau

NAMESPACES = [
    "nn", "nn.attention", "nn.functional", "nn.init", "nn.modules", "nn.parameter", "nn.utils", "nn.utils.fusion",
    "nn.utils.memory_format", "nn.utils.parametrizations", "nn.utils.parametrize", "nn.utils.prune", "nn.utils.rnn",
    "nn.utils.stateless",
    *(f"nn.modules.{file}" for file in (
        "activation", "adaptive", "batchnorm", "channelshuffle", "container", "conv", "distance", "dropout", "flatten", "fold",
        "instancenorm", "lazy", "linear", "linear_cross_entropy_options", "loss", "module", "normalization", "padding",
        "pixelshuffle", "pooling", "rnn", "sparse", "transformer", "upsampling",
    )),
]  # fmt: skip

ABSENT = {
    "several devices at once, which is part of distributed training": {"nn.DataParallel"},
    "products of numbers in 8 bits with scales, of kernels for such hardware": {
        "nn.functional.ScalingType", "nn.functional.SwizzleType", "nn.functional.grouped_mm",
        "nn.functional.scaled_grouped_mm", "nn.functional.scaled_mm",
    },
    "the choice among CUDA's kernels of attention": {
        "nn.attention.SDPAParams", "nn.attention.activate_flash_attention_impl", "nn.attention.can_use_efficient_attention",
        "nn.attention.can_use_flash_attention", "nn.attention.current_flash_attention_impl",
        "nn.attention.list_flash_attention_impls", "nn.attention.register_flash_attention_impl",
        "nn.attention.restore_flash_attention_impl",
    },
    "PyTorch's own helpers, which it does not document": {
        "nn.factory_kwargs", "nn.functional.assert_int_or_pair", "nn.functional.boolean_dispatch",
        "nn.functional.handle_torch_function", "nn.functional.has_torch_function",
        "nn.functional.has_torch_function_unary", "nn.functional.has_torch_function_variadic", "nn.utils.rnn.bind",
        "nn.utils.stateless.NamedMemberAccessor",
    },
}  # fmt: skip
"""Names that are not there, by the reason."""

WIDER = {
    "a mixin is a tensor of its own here, and can be made": {"requires_grad", "device", "dtype"},
    "a generator may be given, as to PyTorch's other functions that draw": {"generator"},
    "PyTorch hides them behind *args and **kwargs": {
        "input", "output_size", "output_ratio", "return_indices", "kernel_size", "stride", "padding", "dilation", "ceil_mode",
        "_random_samples", "weight", "size_average", "ignore_index", "reduce", "reduction",
    },
}  # fmt: skip
"""Parameters that PyTorch has not, or does not tell of."""


def _public(module: ModuleType) -> list[str]:
    """The functions and classes that a namespace shows, but for those of Python's library."""
    if module.__name__.startswith("torch.nn.modules."):
        return sorted(module.__all__)
    found = []
    for name, value in vars(module).items():
        home = (getattr(value, "__module__", None) or "").split(".")[0]
        if not name.startswith("_") and callable(value) and home == "torch":
            found.append(name)
    return sorted(found)


def _parameters(function: Any) -> list[str] | None:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    return [each.name for each in parameters if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)]


def _wanted(torch: ModuleType) -> list[tuple[str, str, Any]]:
    own = []
    for path in NAMESPACES:
        module = importlib.import_module(f"{torch.__name__}.{path}")
        for name in _public(module):
            value = getattr(module, name)
            # What a namespace of `nn.utils` imports from elsewhere for its own use is not shown by it.
            if path.startswith("nn.utils") and not value.__module__.startswith("torch.nn.utils"):
                continue
            own.append((path, name, value))
    return own


@pytest.mark.oracle
def test_every_name_is_there_or_has_its_reason(torch: ModuleType) -> None:
    absent = set().union(*ABSENT.values())
    missing = {
        f"{path}.{name}"
        for path, name, _ in _wanted(torch)
        if not hasattr(importlib.import_module(f"flambeau.{path}"), name)
    }
    assert missing == absent, "the table is not what is missing"


@pytest.mark.oracle
def test_the_parameters_are_the_same(torch: ModuleType) -> None:
    wider = set().union(*WIDER.values())
    apart = {}
    for path, name, value in _wanted(torch):
        own = getattr(importlib.import_module(f"flambeau.{path}"), name, None)
        ours, theirs = _parameters(own), _parameters(value)
        if own is None or ours is None or theirs is None:
            continue
        if [each for each in ours if each in theirs or each not in wider] != theirs:
            apart[f"{path}.{name}"] = (ours, theirs)
    assert apart == {}


def test_modules_lie_where_pytorch_has_them() -> None:
    """A pickled module names its file."""
    assert flambeau.nn.modules.conv.Conv2d is flambeau.nn.Conv2d
    assert flambeau.nn.modules.batchnorm.BatchNorm2d is flambeau.nn.BatchNorm2d
    assert flambeau.nn.modules.rnn.LSTM is flambeau.nn.LSTM
    assert flambeau.nn.modules.transformer.Transformer is flambeau.nn.Transformer
