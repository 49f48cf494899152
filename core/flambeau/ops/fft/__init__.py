"""Fourier transforms; :mod:`flambeau.fft` shows them."""

from . import fourier, transforms  # noqa: F401 (functions that a namespace shows, not the root)
