"""Transforms of what distributions draw, by what they act on; :mod:`flambeau.distributions.transforms` shows them."""
