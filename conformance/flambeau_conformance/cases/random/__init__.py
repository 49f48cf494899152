"""Cases of random numbers."""
