"""Shapes, views, and elements that move to other places."""

from typing import TYPE_CHECKING

from flambeau._dispatch.names import public

from . import (
    padding,  # noqa: F401 (functions that a namespace shows, not the root)
    resizing,  # noqa: F401 (gives Tensor its methods)
)
from .broadcasting import *
from .diagonals import *
from .grids import *
from .joining import *
from .padding import constant_pad_nd as constant_pad_nd
from .reordering import *
from .repeating import *
from .shapes import *
from .slicing import *
from .splitting import *
from .strided import *

if not TYPE_CHECKING:
    __all__ = public(__name__)
