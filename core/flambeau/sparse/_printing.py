"""How sparse tensors are written as text, to the letter as PyTorch writes them."""

from __future__ import annotations

from collections.abc import Iterator

from flambeau import layouts
from flambeau._tensor import Tensor
from flambeau._tensor.formats import FORMATS
from flambeau._tensor.sparse import SparseTensor, sparse_method
from flambeau.printing import gradient_suffix, values_text, with_suffixes
from flambeau.promotion import get_default_dtype

__all__ = ["sparse_repr"]

_PREFIX = "tensor("


@sparse_method("__repr__")
def sparse_repr(tensor: SparseTensor) -> str:
    """The text of a sparse tensor: its components, its size and what is not the default of its other properties."""
    parts = [
        _component(name, component)
        for name, component in zip(FORMATS[tensor.layout].components, tensor._components, strict=True)
    ]
    parts.append(_component("values", tensor._values_.detach()))
    text = _PREFIX + (",\n" + " " * len(_PREFIX)).join(parts)
    return with_suffixes(text, _suffixes(tensor), len(_PREFIX), new_line=tensor.layout is layouts.sparse_coo)


def _component(name: str, component: Tensor) -> str:
    prefix = f"{name}=tensor("
    text = prefix + values_text(component, len(_PREFIX) + len(prefix))
    if not component.numel():
        text += f", size={tuple(component.shape)}"
    return text + ")"


def _suffixes(tensor: SparseTensor) -> Iterator[str]:
    if tensor.device.type != "cpu":
        yield f"device='{tensor.device}'"
    yield f"size={tuple(tensor.shape)}"
    yield f"nnz={tensor._nnz()}"
    name = tensor.dtype.name
    if name != get_default_dtype().name and name not in ("int64", "bool", "complex64"):
        yield f"dtype={tensor.dtype}"
    yield f"layout={tensor.layout}"
    yield from gradient_suffix(tensor)
