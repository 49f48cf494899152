"""PyTorch's typed classes of CUDA tensors: names for a dtype on a CUDA device. Source: ``torch.cuda.FloatTensor`` and its kin."""

from __future__ import annotations

from flambeau.legacy import CLASSES

__all__ = [
    "BFloat16Tensor", "BoolTensor", "ByteTensor", "CharTensor", "DoubleTensor", "FloatTensor", "HalfTensor", "IntTensor",
    "LongTensor", "ShortTensor",
]  # fmt: skip

BFloat16Tensor = CLASSES["cuda.BFloat16Tensor"]
BoolTensor = CLASSES["cuda.BoolTensor"]
ByteTensor = CLASSES["cuda.ByteTensor"]
CharTensor = CLASSES["cuda.CharTensor"]
DoubleTensor = CLASSES["cuda.DoubleTensor"]
FloatTensor = CLASSES["cuda.FloatTensor"]
HalfTensor = CLASSES["cuda.HalfTensor"]
IntTensor = CLASSES["cuda.IntTensor"]
LongTensor = CLASSES["cuda.LongTensor"]
ShortTensor = CLASSES["cuda.ShortTensor"]
