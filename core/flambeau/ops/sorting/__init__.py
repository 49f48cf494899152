"""Orders, and what follows from them: searching, medians, quantiles, counts, histograms."""

from typing import TYPE_CHECKING

from flambeau._dispatch.names import public

from .counting import *
from .histograms import *
from .medians import *
from .order import *
from .quantiles import *
from .searching import *

if not TYPE_CHECKING:
    __all__ = public(__name__)
