"""Special functions, with the series that they are composed of where a backend has no kernel."""

from typing import TYPE_CHECKING

from flambeau._dispatch.names import public

from .bessel import *
from .error import *
from .gamma import *

if not TYPE_CHECKING:
    __all__ = public(__name__)
