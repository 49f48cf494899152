"""Tools around tensors and modules."""

from . import checkpoint as checkpoint
from . import data as data
from . import dlpack as dlpack
from . import hooks as hooks
from . import serialization as serialization
