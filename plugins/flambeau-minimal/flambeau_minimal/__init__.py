"""A flambeau backend in pure Python: the smallest complete one, and the strictest.

It has exactly the required kernels, on :mod:`array`, and two pretend devices. Every call is checked against the
contract of the kernels, so that whatever runs on it shows that core keeps its promises.

Nothing is imported here, so that registering the plugin costs nothing: see :mod:`flambeau_minimal.backend`.
"""
