"""Tools around tensors and modules."""

from flambeau._tensor import handles as hooks

from . import checkpoint as checkpoint
from . import data as data
