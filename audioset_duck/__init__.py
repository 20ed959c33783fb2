"""AudioSet as SQL: targets, negatives, windows and training batches from one DuckDB catalog."""

__version__ = "0.1.0"
