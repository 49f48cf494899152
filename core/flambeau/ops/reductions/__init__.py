"""What makes one element of many, and running sums, products and extremes."""

from typing import TYPE_CHECKING

from flambeau._dispatch.names import public

from .covariance import *
from .differences import *
from .extremes import *
from .logsums import *
from .scans import *
from .statistics import *
from .sums import *

if not TYPE_CHECKING:
    __all__ = public(__name__)
