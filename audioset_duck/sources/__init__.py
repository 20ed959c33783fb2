"""AudioSet's metadata files: what they are, finding, downloading and writing them."""
