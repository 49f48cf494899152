"""Cases of element-wise ops."""
