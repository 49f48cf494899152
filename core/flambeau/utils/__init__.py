"""Tools around tensors and modules."""

from . import data as data
from . import hooks as hooks
