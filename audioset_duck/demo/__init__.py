"""A small synthetic AudioSet."""
