"""Cases of activations and losses."""
