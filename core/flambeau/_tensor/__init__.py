"""The tensor and its history: what every other part of the library is written with.

It imports words (dtypes, shapes, errors ...) and the seam to backends, nothing else. Ops, printing, copies and the backward
pass are hung on :class:`Tensor` by the modules that own them, through :mod:`._tensor.methods`.
"""

from . import copies as copies  # gives Tensor its methods
from . import invalid as invalid  # the class of views without a history
from .tensor import Tensor, from_array

__all__ = ["Tensor", "from_array"]
