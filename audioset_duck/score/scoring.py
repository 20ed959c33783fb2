"""Scores of a target's detectors: predictions in, relations of the target's schema out."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from audioset_duck.catalog.labels import ResolvedTarget, resolve
from audioset_duck.catalog.models import (
    RELATION_LAYERS,
    SCORE_LAYERS,
    Model,
    fingerprint,
    read_templates,
    render_models,
    render_query,
)
from audioset_duck.catalog.relations import create, create_in_order, explain_columns
from audioset_duck.catalog.state import parse_targets, require_target
from audioset_duck.catalog.swap import replace_catalog
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.progress import progress
from audioset_duck.score.options import ScoreOptions
from audioset_duck.score.predictions import Predictions, infer_hop, read_predictions
from audioset_duck.sources.definitions import SOURCES
from audioset_duck.sqltext import identifier, literal, sql_folder

log = logging.getLogger(__name__)

# The database of what is only needed during a run, in memory. Models name it as their schema.
_SCRATCH = "scoring"
_STRONG_SUBSETS = ("strong_train", "strong_eval")
_FRAMED = "strong_eval_framed"
_SUBSETS_OF = {
    "train": ("strong_train", "weak_unbalanced_train", "weak_balanced_train"),
    "eval": ("strong_eval", _FRAMED, "weak_eval"),
}
_ALL_SUBSETS = tuple(subset for subsets in _SUBSETS_OF.values() for subset in subsets)
_CRITERIA = ("psds1", "psds2", "intersection", "collar", "onset", "alarm")
_FRAMED_HOP = Decimal("0.96")
# How many errors of the predictions a message shows.
_MOST_ERRORS = 3


def score(
    catalog: Path,
    target: str,
    files: Sequence[Path],
    options: ScoreOptions | None = None,
) -> tuple[str, ...]:
    """Compare detectors' scores with the labels, and store all about it in the catalog.

    The relations stand in the schema of the target. Detectors that were scored before stay; one of
    the same name is replaced. The catalog is replaced as a whole, as by a build.

    Args:
        catalog: The catalog file.
        target: Name of a target in the catalog.
        files: The predictions: see `predictions.FORMS` for their columns.
        options: How to score.

    Returns:
        The names of the detectors.

    Raises:
        AudiosetDuckError: The catalog, the target, the predictions or an option is invalid, or
            predictions are missing.
    """
    options = options or ScoreOptions()
    _check_options(options)
    no_catalog = f"there is no catalog {catalog}; create it with audioset-duck build"
    if not catalog.exists():
        raise AudiosetDuckError(no_catalog)
    with replace_catalog(catalog) as (connection, old):
        if old is None:
            raise AudiosetDuckError(no_catalog)
        require_target(connection, target)
        if old.models != fingerprint(repr(SOURCES)):
            raise AudiosetDuckError(
                f"{catalog} was built by another version of audioset-duck; update it with"
                " audioset-duck build"
            )
        resolved = resolve(connection, parse_targets(old)[target])
        connection.execute(f"attach ':memory:' as {_SCRATCH}")
        predictions = read_predictions(connection, files, options.detector)
        plan = _plan(connection, resolved, predictions, options)
        models = _needed_models(plan, plan.checks())
        create_in_order(connection, models, _create)
        _check_predictions(connection, plan)
        created: set[tuple[str, str]] = set()
        for detector in predictions.detectors:
            created |= _score_detector(connection, plan, detector, {model.name for model in models})
            _check_framed(connection, plan, detector)
            _warn_of_what_is_not_known(connection, plan, detector)
        explain_columns(connection, created)
        connection.execute(f"detach {_SCRATCH}")
    return predictions.detectors


@dataclass(frozen=True)
class _Plan:
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
            return "prediction_errors", "missing_samples"
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
            "split": "train" if self.subsets[0] in _SUBSETS_OF["train"] else "eval",
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


def _plan(
    connection: duckdb.DuckDBPyConnection,
    target: ResolvedTarget,
    predictions: Predictions,
    options: ScoreOptions,
) -> _Plan:
    hop = None
    if predictions.has_frames:
        hop = options.hop_seconds or infer_hop(connection, predictions)
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
        if subset == _FRAMED:
            unit = "framed"
        else:
            has_events = subset in _STRONG_SUBSETS and predictions.has_frames
            unit = "frame" if has_events else "clip"
        if unit == "framed" and not predictions.has_frames:
            raise AudiosetDuckError(
                f"{_FRAMED} has labels of frames; the predictions are scores of whole clips"
            )
    return _Plan(target, predictions, options, subsets, unit, hop)


def _subsets_of_samples(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """The subsets of the split that the keys of samples begin with."""
    found = {
        subset
        for (subset,) in connection.execute(
            "select distinct split_part(name, '/', 1) from scoring.predictions"
        ).fetchall()
    }
    splits = [split for split, subsets in _SUBSETS_OF.items() if found & {*subsets}]
    if len(splits) > 1:
        raise AudiosetDuckError(
            "the predictions are of samples of both splits, train and eval; score each by itself"
        )
    return _SUBSETS_OF[splits[0] if splits else "eval"]


def _subset_of_frames(
    connection: duckdb.DuckDBPyConnection, predictions: Predictions, hop: Decimal | None
) -> str:
    """The framed subset, if the predictions are of its frames and not of all of strong_eval."""
    if predictions.form == "starts" and hop == _FRAMED_HOP:
        ((is_framed,),) = connection.execute(render_query("score/files/is_framed")[1]).fetchall()
        if is_framed:
            return _FRAMED
    return "strong_eval"


def _needed_models(
    plan: _Plan, names: Collection[str] | None = None, **of_a_detector: Any
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
        if (model.schema != _SCRATCH if names is None else model.name in names)
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
            select = select.replace(relation, f"(\n{views[relation].select}\n)")
            refs = refs - {relation} | views[relation].refs
        model = replace(model, select=select, refs=frozenset(refs))
        if model.schema == _SCRATCH and model.materialized == "view":
            views[model.relation] = model
        else:
            found.append(model)
    return found


def _score_detector(
    connection: duckdb.DuckDBPyConnection, plan: _Plan, detector: str, done: Collection[str]
) -> set[tuple[str, str]]:
    """Create all relations of a detector; return those that the catalog did not have."""
    counts = _counts(connection, plan, detector)
    models = [
        model
        for model in _needed_models(plan, detector=detector, **counts)
        if model.name not in done
    ]
    existing = {
        relation
        for (relation,) in connection.execute(
            "select table_name from duckdb_tables() where schema_name = $1"
            " union all select view_name from duckdb_views() where schema_name = $1"
            " union all select function_name from duckdb_functions() where schema_name = $1",
            [plan.target.name],
        ).fetchall()
    }
    with progress(name=f"score {detector}", unit="model", total=len(models)) as bar:

        def work(cursor: duckdb.DuckDBPyConnection, model: Model) -> None:
            if model.schema == _SCRATCH or model.name not in existing:
                _create(cursor, model)
            elif model.materialized == "incremental":
                cursor.execute(f"delete from {model.relation} where detector = {literal(detector)}")
                cursor.execute(f"insert into {model.relation} {model.select}")
            bar.update()

        create_in_order(connection, models, work)
    return {
        (model.schema, model.name)
        for model in models
        if model.schema != _SCRATCH and model.name not in existing
    }


def _check_framed(connection: duckdb.DuckDBPyConnection, plan: _Plan, detector: str) -> None:
    """Raise AudiosetDuckError, or warn, if frames of the framed subset have no score.

    Which frames have a label is known when the clips are.
    """
    if plan.unit != "framed":
        return
    ((missing, positives, example),) = connection.execute(
        "select count(*), count(*) filter (framed_truth.is_positive),"
        " min(evaluation_clips.clip_id || ' from ' || framed_truth.start_us / 1000000 || ' s on')"
        " from scoring.framed_truth"
        " inner join scoring.evaluation_clips using (clip_number)"
        " semi join scoring.predicted_clips using (clip_number)"
        " anti join scoring.scored_items using (clip_number, start_us)"
    ).fetchall()
    if not missing:
        return
    message = (
        f"{detector} has no scores of {missing:,} frames of {_FRAMED} in the clips that it has, "
        f"{positives:,} of them with the target, such as {example}"
    )
    if not plan.options.partial:
        raise AudiosetDuckError(f"{message}; score the others alone with --partial")
    log.warning("%s; they are not evaluated", message)


def _warn_of_what_is_not_known(
    connection: duckdb.DuckDBPyConnection, plan: _Plan, detector: str
) -> None:
    """Warn of units without positives or negatives, and of scores of the train split."""
    rows = connection.execute(
        f"select unit, positive_count from {identifier(plan.target.name)}.ranking_metrics"
        " where detector = $1 and (positive_count = 0 or negative_count = 0) order by unit",
        [detector],
    ).fetchall()
    for unit, positive_count in rows:
        log.warning(
            "%s has no %s of unit %s, so that its ranking is not known",
            detector,
            "negatives" if positive_count else "positives",
            unit,
        )
    if plan.subsets[0] in _SUBSETS_OF["train"]:
        log.warning(
            "%s is scored on the train split; a detector that was trained on it looks better there"
            " than it is",
            detector,
        )


def _create(cursor: duckdb.DuckDBPyConnection, model: Model) -> None:
    if model.schema == _SCRATCH:
        cursor.execute(f"create or replace table {model.relation} as {model.select}")
    elif model.materialized == "incremental":
        create(cursor, replace(model, materialized="table"))
    else:
        create(cursor, model)


def _check_predictions(connection: duckdb.DuckDBPyConnection, plan: _Plan) -> None:
    """Raise AudiosetDuckError for what is wrong with the predictions, the first errors first."""
    found = connection.execute(
        "select file_number, line, problem, count(*) over () from scoring.prediction_errors"
        f" order by file_number, line, problem limit {_MOST_ERRORS}"
    ).fetchall()
    if found:
        count = found[0][3]
        listed = "; ".join(
            f"{plan.predictions.place(number, line)}: {problem}"
            for number, line, problem, _ in found
        )
        more = f"; and {count - len(found):,} more errors" if count > len(found) else ""
        raise AudiosetDuckError(f"{listed}{more}")


def _counts(connection: duckdb.DuckDBPyConnection, plan: _Plan, detector: str) -> dict[str, Any]:
    """What is missing of a detector's predictions, and whether its scores are probabilities.

    Raises:
        AudiosetDuckError: Clips or samples have no score, or frames are missing, and that is not
            allowed.
    """
    item = "samples" if plan.unit == "sample" else "clips"
    ((missing, positives, example),) = connection.execute(
        f"select count(*), count(*) filter (is_positive), min(name) from scoring.missing_{item}"
        " where detector = $1",
        [detector],
    ).fetchall()
    where = plan.target.name if plan.unit == "sample" else plan.subsets[0]
    if missing:
        message = (
            f"{detector} has no scores of {missing:,} {item} of {where}, {positives:,} of them with"
            f" the target, such as {example}"
        )
        if not plan.options.partial:
            raise AudiosetDuckError(f"{message}; score the others alone with --partial")
        log.warning("%s; they are not evaluated", message)
    left_out = short = 0
    if plan.unit == "frame":
        ((left_out, short, far, example),) = connection.execute(
            "select coalesce(sum(left_out_count), 0), count(*) filter (missing_us > 0),"
            " count(*) filter (missing_us > 1000000),"
            " min_by(clip_id || ' by ' || missing_us / 1000000 || ' s', -missing_us)"
            " from scoring.frame_coverage where detector = $1",
            [detector],
        ).fetchall()
        if far and not plan.options.partial:
            raise AudiosetDuckError(
                f"the frames of {far:,} clips of {detector} end over a second before the clip does,"
                f" such as those of {example}, at a hop of {plan.hop_seconds} s; give the right one"
                " with --hop, or score what there is with --partial"
            )
        if left_out:
            log.warning(
                "%s frames of %s begin after the end of their clip, at a hop of %s s, and are left"
                " out",
                f"{left_out:,}",
                detector,
                plan.hop_seconds,
            )
        if short:
            log.warning(
                "the frames of %s clips of %s end before the clip does, such as those of %s;"
                " nothing is detected in the rest",
                f"{short:,}",
                detector,
                example,
            )
    ((low, high),) = connection.execute(
        "select min(coalesce(score, list_min(scores))), max(coalesce(score, list_max(scores)))"
        " from scoring.predictions where detector = $1",
        [detector],
    ).fetchall()
    is_probability = plan.options.is_logit or (low is not None and low >= 0 and high <= 1)
    if not is_probability:
        log.warning(
            "the scores of %s reach from %g to %g and are not probabilities, so that their"
            " calibration is not measured; if they are logits, add --logits",
            detector,
            low,
            high,
        )
    elif low == high and not plan.options.is_logit:
        log.warning("all scores of %s are %g", detector, low)
    return {
        "is_probability": is_probability,
        "missing_count": missing,
        "missing_positive_count": positives,
        "left_out_count": int(left_out),
        "short_count": short,
    }


def _check_options(options: ScoreOptions) -> None:
    if options.median_filter < 1 or options.median_filter % 2 == 0:
        raise AudiosetDuckError(
            f"--median-filter is {options.median_filter}; expected an odd number of frames, such as"
            f" {options.median_filter + 1}"
        )
    if options.hop_seconds is not None and not 0 < options.hop_seconds <= 10:
        raise AudiosetDuckError(
            f"--hop is {options.hop_seconds}; expected seconds, above 0 and at most 10"
        )
    if options.subset is not None and options.subset not in _ALL_SUBSETS:
        raise AudiosetDuckError(
            f"unknown subset {options.subset!r}; expected one of {', '.join(_ALL_SUBSETS)}"
        )
