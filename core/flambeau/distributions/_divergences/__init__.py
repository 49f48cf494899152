"""Divergences by kinds of distributions; :mod:`flambeau.distributions.kl` shows what is public."""
