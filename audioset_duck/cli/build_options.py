"""Which options of `build` go together, and the targets that they stand for."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from decimal import Decimal

from audioset_duck.config.sample_options import SampleOptions, parse_sample_options
from audioset_duck.config.targets import (
    BUILT_IN,
    DEFAULT_WINDOW_SECONDS,
    Target,
    check_name,
    find_targets,
    parse_target,
)
from audioset_duck.config.training_options import TrainingOptions, parse_training_options
from audioset_duck.errors import AudiosetDuckError


def choose_targets(
    known: Mapping[str, Target],
    names: Sequence[str],
    own_name: str | None = None,
    labels: Sequence[str] = (),
    ignore: Sequence[str] = (),
    *,
    descendants: bool = False,
    window_seconds: Decimal | None = None,
    default_window_seconds: Decimal = DEFAULT_WINDOW_SECONDS,
    training: Mapping[str, str] | None = None,
    default_training: TrainingOptions | None = None,
) -> list[Target]:
    """Turn the options of `build` into the targets to build.

    Args:
        known: Targets that can be named: built in, configured, or in the catalog.
        names: `--target`: names of known targets; repeated names count once.
        own_name: `--name`: the name of a target that the command line defines.
        labels: `--label`: the labels of that target.
        ignore: `--ignore`: labels that each target ignores in addition to its own.
        descendants: `--descendants`: whether each target includes the ontology's descendants.
        window_seconds: `--window-seconds`, for each target; None: each target's own.
        default_window_seconds: Window length of the target that the command line defines.
        training: `--training`: training options of each target, by name, as text.
        default_training: Training options of the target that the command line defines.

    Returns:
        The targets of `names`, then the target of `own_name`.

    Raises:
        AudiosetDuckError: An unknown target, options that do not go together, or an invalid value.
    """
    _check_flags(
        names,
        own_name,
        labels,
        has_target_options=bool(ignore or descendants or window_seconds or training),
    )
    chosen = find_targets(known, names)
    if own_name is not None:
        options = {"labels": list(labels)}
        where = f"--name {own_name}"
        chosen.append(
            parse_target(own_name, options, default_window_seconds, where, default_training)
        )
    return [
        dataclasses.replace(
            target,
            ignore=(*target.ignore, *ignore),
            descendants=target.descendants or descendants,
            window_seconds=window_seconds or target.window_seconds,
            training=parse_training_options(training or {}, target.training, "--training"),
        )
        for target in chosen
    ]


def choose_samples(configured: Mapping[str, object], given: Mapping[str, str]) -> dict[str, object]:
    """Merge the sample options of `--samples` and of the configuration file.

    Args:
        configured: The options of the file, by name.
        given: `--samples`: options by name, as text.

    Returns:
        The options of both, by name; an option of the command line takes precedence.

    Raises:
        AudiosetDuckError: An unknown option of the command line, or an invalid value.
    """
    parse_sample_options(given, SampleOptions(), "--samples")
    return {**configured, **given}


def _check_flags(
    names: Sequence[str],
    own_name: str | None,
    labels: Sequence[str],
    *,
    has_target_options: bool,
) -> None:
    """Raise AudiosetDuckError if options are given that need another one, or exclude it."""
    if not names and own_name is None and has_target_options:
        raise AudiosetDuckError(
            "--ignore, --descendants, --window-seconds and --training need a target; name it with"
            " --target or --name"
        )
    if own_name is None:
        if labels:
            raise AudiosetDuckError(
                f"--label {labels[0]!r} needs the name of a new target; add --name NAME"
            )
        return
    check_name(own_name, "--name: ")
    if own_name in BUILT_IN:
        raise AudiosetDuckError(
            f"--name {own_name} is the name of a built-in target; choose another --name, or define"
            f" your own [targets.{own_name}] in audioset-duck.toml"
        )
    if not labels:
        raise AudiosetDuckError(f"--name {own_name} has no label; add one with --label")
    if own_name in names:
        raise AudiosetDuckError(
            f"{own_name} is given as both --target and --name; expected one of them"
        )
