"""Charts and statistics of a catalog."""
