"""PyTorch's switches of the libraries below it: what is asked gets an answer, and what is switched changes no number.

These are the libraries of PyTorch. The backends of flambeau are in :mod:`flambeau.backend`.
"""

from . import cuda as cuda
from . import cudnn as cudnn
from . import mps as mps

fp32_precision = "none"
"""Kept: it says how exact float32 has to be, and all is as exact as float32 allows. Source: ``torch.backends.fp32_precision``."""
