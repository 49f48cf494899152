"""Cases of reading and writing by keys and index tensors."""
