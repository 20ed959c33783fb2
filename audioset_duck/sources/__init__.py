"""AudioSet's metadata files."""
