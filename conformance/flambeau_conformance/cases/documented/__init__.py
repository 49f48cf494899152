"""The behaviours that PyTorch users' documents name, by subject."""
