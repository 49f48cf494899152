"""The backend ``cupy`` on the stand-in, and no trace of it afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flambeau.backend import registry, selection
from flambeau.random import _generator
from standin_cupy import install

__all__ = ["cupy_on_standin"]


@contextmanager
def cupy_on_standin(devices: int = 1) -> Iterator[None]:
    """A block in which ``cuda`` is served by CuPy's stand-in, which pretends to have this many devices."""
    with install(devices, forget=("flambeau_cupy",)):
        _forget()
        yield
    _forget()


def _forget() -> None:
    registry._backends.pop("cupy", None)
    for place in [place for place in selection._places if place[0] == "cupy"]:
        del selection._places[place]
    for device in [device for device in _generator._of_devices if device.startswith("cuda")]:
        del _generator._of_devices[device]
