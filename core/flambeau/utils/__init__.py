"""Tools around tensors and modules."""

from typing import TYPE_CHECKING as _TYPE_CHECKING

from flambeau._left_out import getattr_of as _getattr_of

from . import checkpoint as checkpoint
from . import data as data
from . import dlpack as dlpack
from . import hooks as hooks
from . import serialization as serialization

if not _TYPE_CHECKING:  # to a type checker any name would be there
    __getattr__ = _getattr_of(__name__)
