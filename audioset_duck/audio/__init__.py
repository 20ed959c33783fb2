"""Audio files: extracted from archives, validated, found, read."""
