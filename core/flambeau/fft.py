"""Discrete Fourier transforms, under the names of PyTorch's ``torch.fft``."""

from .ops.fft.transforms import *
from .ops.fft.transforms import __all__ as __all__
