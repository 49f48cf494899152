"""The names of ``torch._C`` that programs with classes of tensors of their own use."""  # noqa: N999 (PyTorch's name)

from ._tensor.overrides import DisableTorchFunction, DisableTorchFunctionSubclass
from ._tensor.overrides import disabled_torch_function as _disabled_torch_function_impl

__all__ = ["DisableTorchFunction", "DisableTorchFunctionSubclass", "_disabled_torch_function_impl"]
