"""What a run scores: which subset and unit, and the models that it needs."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import duckdb

from audioset_duck.catalog.labels import ResolvedTarget
from audioset_duck.catalog.models import (
    RELATION_LAYERS,
    SCORE_LAYERS,
    Model,
    read_templates,
    render_models,
    render_query,
)
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.score.options import ScoreOptions
from audioset_duck.score.predictions import Predictions, infer_hop
from audioset_duck.sqltext import literal, sql_folder

# The database of what is only needed during a run, in memory. Models name it as their schema.
SCRATCH = "scoring"
_STRONG_SUBSETS = ("strong_train", "strong_eval")
FRAMED = "strong_eval_framed"
SUBSETS_OF = {
    "train": ("strong_train", "weak_unbalanced_train", "weak_balanced_train"),
    "eval": ("strong_eval", FRAMED, "weak_eval"),
}
_ALL_SUBSETS = tuple(subset for subsets in SUBSETS_OF.values() for subset in subsets)
_CRITERIA = ("psds1", "psds2", "intersection", "collar", "onset", "alarm")
_FRAMED_HOP = Decimal("0.96")
# Starts of frames are compared to a millisecond.
_LEAST_HOP, _LONGEST_HOP = Decimal("0.001"), Decimal(10)
_LONGEST_FILTER = 9999
_MOST_ALARMS = 1_000_000
_LARGEST_THRESHOLD = Decimal("1e300")
_LARGEST_SEED = 2**63 - 1


@dataclass(frozen=True)
class ScoringPlan:
    """What the models of a run are rendered with.

    Attributes:
        target: The target.
        predictions: What was read.
        options: How to score.
        subsets: The subsets that are scored; of samples, all of their split.
        unit: The smallest item that is ranked: `frame`, `framed`, `clip` or `sample`.
        hop_seconds: Distance of frames; None: the predictions are not of frames.
    """

    target: ResolvedTarget
    predictions: Predictions
    options: ScoreOptions
    subsets: tuple[str, ...]
    unit: str
    hop_seconds: Decimal | None

    def checks(self) -> tuple[str, ...]:
        """The models that predictions are checked by, for all detectors at once."""
        if self.unit == "sample":
            return "prediction_errors", "missing_samples", "corrected_samples"
        return "prediction_errors", "missing_clips", "frame_coverage"

    def variables(self) -> dict[str, Any]:
        """The variables of the models, but for those of a detector."""
        options, form = self.options, self.predictions.form
        return {
            "form": form,
            "unit": self.unit,
            "units": ("frame", "segment", "clip") if self.unit == "frame" else (self.unit,),
            "subset": None if form == "samples" else self.subsets[0],
            "subsets": list(self.subsets),
            "split": "train" if self.subsets[0] in SUBSETS_OF["train"] else "eval",
            "hop_seconds": literal(self.hop_seconds),
            "median_filter": options.median_filter,
            "is_logit": options.is_logit,
            "implicit_negatives": options.implicit_negatives,
            "replicates": options.replicates,
            "seed": options.seed,
            "threshold": literal(options.threshold),
            "alarms_per_hour": literal(options.alarms_per_hour),
            "criteria": _CRITERIA if self.unit == "frame" else ("alarm",),
            "files": [str(file) for file in self.predictions.files],
            "sha256s": self.predictions.sha256s,
        }


_OF_A_DETECTOR: dict[str, Any] = {
    "detector": "",
    "is_probability": False,
    "missing_count": 0,
    "missing_positive_count": 0,
    "left_out_count": 0,
    "short_count": 0,
}


def check_options(options: ScoreOptions) -> None:
    """Raise AudiosetDuckError for an option out of its range."""
    if not 1 <= options.median_filter <= _LONGEST_FILTER or options.median_filter % 2 == 0:
        raise AudiosetDuckError(
            f"--median-filter is {options.median_filter}; expected an odd number of frames, from 1"
            f" to {_LONGEST_FILTER:,}"
        )
    if options.hop_seconds is not None:
        _check_hop(options.hop_seconds, "--hop is")
    if not 0 <= options.alarms_per_hour <= _MOST_ALARMS:
        raise AudiosetDuckError(
            f"--alarms-per-hour is {options.alarms_per_hour}; expected a number from 0 to"
            f" {_MOST_ALARMS:,}"
        )
    if options.threshold and not (
        1 / _LARGEST_THRESHOLD <= abs(options.threshold) <= _LARGEST_THRESHOLD
    ):
        raise AudiosetDuckError(
            f"--threshold is {options.threshold}; expected 0, or a number whose size is from 1e-300"
            " to 1e300"
        )
    if not 0 <= options.seed <= _LARGEST_SEED:
        raise AudiosetDuckError(
            f"--seed is {options.seed}; expected a number from 0 to {_LARGEST_SEED}"
        )
    if options.subset is not None and options.subset not in _ALL_SUBSETS:
        raise AudiosetDuckError(
            f"unknown subset {options.subset!r}; expected one of {', '.join(_ALL_SUBSETS)}"
        )


def _check_hop(hop: Decimal, which: str) -> Decimal:
    """Return a hop, or raise AudiosetDuckError if frames cannot be so far apart."""
    if not (hop.is_finite() and _LEAST_HOP <= hop <= _LONGEST_HOP):
        raise AudiosetDuckError(
            f"{which} {hop}; expected seconds, from {_LEAST_HOP} to {_LONGEST_HOP}"
        )
    return hop


def plan_scoring(
    connection: duckdb.DuckDBPyConnection,
    target: ResolvedTarget,
    predictions: Predictions,
    options: ScoreOptions,
) -> ScoringPlan:
    """Find out what predictions are of.

    Args:
        connection: The catalog, with the predictions.
        target: The target.
        predictions: What was read.
        options: How to score.

    Raises:
        AudiosetDuckError: The predictions do not go together with the options.
    """
    hop = None
    if predictions.has_frames:
        hop = options.hop_seconds or _check_hop(
            infer_hop(connection, predictions),
            f"the distance of frames in {predictions.files[0]} is",
        )
    if predictions.form == "samples":
        if options.subset is not None:
            raise AudiosetDuckError(
                f"--subset {options.subset} is not for samples, whose keys begin with their subset;"
                " leave it out"
            )
        subsets = _subsets_of_samples(connection)
        unit = "sample"
    else:
        subset = options.subset or _subset_of_frames(connection, predictions, hop)
        subsets = (subset,)
        if subset == FRAMED:
            unit = "framed"
        else:
            has_events = subset in _STRONG_SUBSETS and predictions.has_frames
            unit = "frame" if has_events else "clip"
        if unit == "framed" and not predictions.has_frames:
            raise AudiosetDuckError(
                f"{FRAMED} has labels of frames; the predictions are scores of whole clips"
            )
    return ScoringPlan(target, predictions, options, subsets, unit, hop)


def _subsets_of_samples(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """The subsets of the split that the keys of samples begin with."""
    found = {
        subset
        for (subset,) in connection.execute(
            "select distinct split_part(name, '/', 1) from scoring.predictions"
        ).fetchall()
    }
    splits = [split for split, subsets in SUBSETS_OF.items() if found & {*subsets}]
    if len(splits) > 1:
        raise AudiosetDuckError(
            "the predictions are of samples of both splits, train and eval; score each by itself"
        )
    return SUBSETS_OF[splits[0] if splits else "eval"]


def _subset_of_frames(
    connection: duckdb.DuckDBPyConnection, predictions: Predictions, hop: Decimal | None
) -> str:
    """The framed subset, if the predictions are of its frames and not of all of strong_eval."""
    if predictions.form == "starts" and hop == _FRAMED_HOP:
        ((is_framed,),) = connection.execute(render_query("score/files/is_framed")[1]).fetchall()
        if is_framed:
            return FRAMED
    return "strong_eval"


def needed_models(
    plan: ScoringPlan, names: Collection[str] | None = None, **of_a_detector: Any
) -> list[Model]:
    """The models of some relations (None: of all that stay in the catalog), in building order."""
    templates = read_templates(sql_folder(), RELATION_LAYERS + SCORE_LAYERS)
    variables: dict[str, Any] = plan.variables() | _OF_A_DETECTOR | of_a_detector
    models = {
        model.relation: model
        for model in render_models(templates, SCORE_LAYERS, plan.target, **variables)
    }
    waiting = [
        model
        for model in models.values()
        if (model.schema != SCRATCH if names is None else model.name in names)
    ]
    needed = set()
    while waiting:
        model = waiting.pop()
        if model.relation not in needed:
            needed.add(model.relation)
            waiting += [models[ref] for ref in model.refs if ref in models]
    return _without_views([model for relation, model in models.items() if relation in needed])


def _without_views(models: Sequence[Model]) -> list[Model]:
    """Write the views of the scratch database into the models that read them.

    A view of that database could not read the catalog.
    """
    views: dict[str, Model] = {}
    found = []
    for model in models:
        select, refs = model.select, set(model.refs)
        for relation in model.refs & views.keys():
            select = _replace_relation(select, relation, f"(\n{views[relation].select}\n)")
            refs = refs - {relation} | views[relation].refs
        model = replace(model, select=select, refs=frozenset(refs))
        if model.schema == SCRATCH and model.materialized == "view":
            views[model.relation] = model
        else:
            found.append(model)
    return found


def _replace_relation(select: str, relation: str, by: str) -> str:
    """Replace a relation in a query, but not in its comments and strings, which users may give."""
    parts = rf"{re.escape(relation)}|--[^\n]*|'(?:[^']|'')*'"
    return re.sub(parts, lambda found: by if found[0] == relation else found[0], select)
