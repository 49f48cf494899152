"""Cases of Fourier transforms."""
