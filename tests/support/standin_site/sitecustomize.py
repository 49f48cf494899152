"""With this folder on its path, every Python process finds the stand-in where it looks for CuPy."""

from standin_cupy import install

_installed = install()
_installed.__enter__()
