"""CUDA devices, by whichever backend serves them. Source of the semantics: ``torch.cuda``.

Without a device :func:`is_available` is False, :func:`device_count` is 0, and what needs one raises an error that says what is
missing and what to install. ``docs/devices.md`` tells how devices are chosen, and what of this a backend gives.
"""

from typing import TYPE_CHECKING

from flambeau._left_out import getattr_of as _getattr_of
from flambeau.errors import OutOfMemoryError as OutOfMemoryError

from . import devices, graphs, memory, random, streams, typed, usage, waiting
from . import nvtx as nvtx
from .devices import *
from .graphs import *
from .memory import *
from .random import *
from .streams import *
from .typed import *
from .usage import *
from .waiting import *

__all__ = [
    "OutOfMemoryError", "make_graphed_callables", *devices.__all__, *graphs.__all__, *memory.__all__, *random.__all__,
    *streams.__all__, *typed.__all__, *usage.__all__, *waiting.__all__,
]  # fmt: skip

if TYPE_CHECKING:
    from flambeau.nn._graphed import make_graphed_callables as make_graphed_callables
else:  # to a type checker any name would be there
    _missing = _getattr_of(__name__)

    def __getattr__(name):
        """The generators of the devices that there are, and what stands above this; of other names, what to do instead."""
        if name == "make_graphed_callables":
            from importlib import import_module  # here, so that it is no name of this namespace

            globals()[name] = getattr(import_module("flambeau.nn._graphed"), name)
            return globals()[name]
        return random.default_generators() if name == "default_generators" else _missing(name)
