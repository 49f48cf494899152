"""What crosses families, or is no op: forms, tensors as such, modules, transforms, sparse operations."""
