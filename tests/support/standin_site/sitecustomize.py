"""With this folder on its path, every Python process finds the stand-in where it looks for CuPy.

The environment variable ``STANDIN_DEVICES`` says how many devices it pretends to have: 1 without it.
"""

import os

from standin_cupy import install

_installed = install(int(os.environ.get("STANDIN_DEVICES", "1")))
_installed.__enter__()
