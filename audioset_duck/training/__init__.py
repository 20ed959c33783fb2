"""Samples and batches for PyTorch."""
