"""The CUDA backend of flambeau: CuPy."""
