"""Tensors that are made: filled, from data, as ranges, converted; and what a tensor tells of itself."""

from typing import TYPE_CHECKING

from flambeau._dispatch.names import public

from .conversion import *
from .data import *
from .filled import *
from .pinning import *
from .properties import *
from .ranges import *

if not TYPE_CHECKING:
    __all__ = public(__name__)
