"""Altair charts, drawn from rows."""
