"""A page to listen to samples, and to mark labels that are incorrect."""
