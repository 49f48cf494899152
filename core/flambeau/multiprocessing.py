"""Python's :mod:`multiprocessing`, under the name that PyTorch gives it.

Tensors are sent to other processes by value; the memory of those after ``share_memory_()`` is common to processes that are
forked from this one. A generator is sent by value too: it goes on from the state that it had. A forked process has the
default generators of its parent, and draws the same numbers unless it seeds them; the first draw warns of that
(:class:`~flambeau.errors.GeneratorForkWarning`).
"""

from multiprocessing import *  # noqa: F403 (the module is that one)
