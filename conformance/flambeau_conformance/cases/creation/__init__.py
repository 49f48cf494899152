"""Cases of the ops that make and convert tensors."""
