"""Imports what commands need, so that a process forked from this one starts at once."""

import audioset_duck.audio.extract
import audioset_duck.audio.scan
import audioset_duck.catalog.build
import audioset_duck.catalog.checks
import audioset_duck.catalog.overview
import audioset_duck.cli.commands
import audioset_duck.demo.metadata
import audioset_duck.export.older_tools
import audioset_duck.listen.page
import audioset_duck.report.catalog_report
import audioset_duck.score.scoring
import audioset_duck.sources.download
import audioset_duck.training.prediction  # noqa: F401
