"""Scores of detectors, compared with the labels."""
