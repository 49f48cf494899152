"""The CPU backend of flambeau: NumPy, with SciPy where it is needed."""
