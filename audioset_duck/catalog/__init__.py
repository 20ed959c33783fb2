"""The catalog: built from the sources, opened, checked, described."""
