"""Benchmarks: flambeau's time over PyTorch's, case by case. Run ``python -m benchmarks --help``."""
