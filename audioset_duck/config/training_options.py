"""TrainingOptions options: what samples are kept, and how a batch is made up of them."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from audioset_duck.errors import AudiosetDuckError


@dataclass(frozen=True)
class TrainingOptions:
    """How samples are kept and drawn.

    Attributes:
        head_labels: MIDs or display names of labels so frequent that their clips are trimmed.
        head_keep_frac: Share of the unbalanced set's clips with a head label that is kept.
        completion_rare_cutoff: Labels of fewer clips are rare: their clips are always kept, and
            labels of fewer samples share one bucket.
        seed: Of the trimming. The sampler has a seed of its own.
        pos_per_batch_frac: Share of positives in a batch, rounded down.
        strong_neg_per_batch_frac: Share of strong negatives, rounded down.
        weak_neg_per_batch_frac: The rest; the three add up to 1.
        tier_a_fraction: Share of the strong negatives that is of the first tier.
        primary_fraction: Share of the first tier that is drawn by weight; the rest completes.
        tier_a_coverage: Share of a pool's counts that the labels of tier A carry.
    """

    head_labels: tuple[str, ...] = ("/m/09x0r", "/m/04rlf")
    head_keep_frac: Decimal = Decimal("0.2")
    completion_rare_cutoff: int = 10
    seed: int = 0
    pos_per_batch_frac: Decimal = Decimal("0.25")
    strong_neg_per_batch_frac: Decimal = Decimal("0.25")
    weak_neg_per_batch_frac: Decimal = Decimal("0.5")
    tier_a_fraction: Decimal = Decimal("0.6")
    primary_fraction: Decimal = Decimal("0.9")
    tier_a_coverage: Decimal = Decimal("0.8")


def parse_training_options(
    options: object, default: TrainingOptions, where: str
) -> TrainingOptions:
    """Change some training options, as they are written in audioset-duck.toml.

    Args:
        options: A mapping of the names of `TrainingOptions`'s attributes to values, or their texts.
        default: What holds for the others.
        where: Where the options stand, for messages.

    Raises:
        AudiosetDuckError: An unknown option, a value out of its range, or shares of a batch that
            do not add up to 1.
    """
    if not isinstance(options, Mapping):
        raise AudiosetDuckError(f"{where} is {options!r}; right is a table of training options")
    names = [field.name for field in dataclasses.fields(TrainingOptions)]
    changes: dict[str, Any] = {}
    for name, value in options.items():
        if name not in names:
            raise AudiosetDuckError(
                f"{where}: there is no option {name!r}; right are {', '.join(names)}"
            )
        changes[name] = _parse(name, value, f"{where}: {name}")
    training = dataclasses.replace(default, **changes)
    shares = (
        training.pos_per_batch_frac,
        training.strong_neg_per_batch_frac,
        training.weak_neg_per_batch_frac,
    )
    if sum(shares) != 1:
        raise AudiosetDuckError(
            f"{where}: pos_per_batch_frac, strong_neg_per_batch_frac and weak_neg_per_batch_frac"
            f" are {', '.join(map(str, shares))}, in all {sum(shares)}; right is a sum of 1"
        )
    return training


def training_options_json(training: TrainingOptions) -> dict[str, Any]:
    """What `parse_training_options` reads the same options from, as JSON can hold it."""
    return {
        # Never as 1E-7.
        name: f"{value:f}" if isinstance(value, Decimal) else value
        for name, value in dataclasses.asdict(training).items()
    }


def _parse(name: str, value: object, where: str) -> object:
    if name == "head_labels":
        labels = value.split(",") if isinstance(value, str) else value
        if not isinstance(labels, list) or not all(isinstance(item, str) for item in labels):
            raise AudiosetDuckError(f"{where} is {value!r}; right is a list of texts")
        return tuple(label.strip() for label in labels if label.strip())
    if name in ("completion_rare_cutoff", "seed"):
        if isinstance(value, bool) or not re.fullmatch(r"\d{1,18}", str(value)):
            raise AudiosetDuckError(f"{where} is {value!r}; right is a whole number from 0")
        return int(str(value))
    if isinstance(value, bool) or not re.fullmatch(r"0(\.\d{1,9})?|1(\.0{1,9})?", str(value)):
        raise AudiosetDuckError(
            f"{where} is {value!r}; right is a share from 0 to 1, with at most 9 decimals"
        )
    # Without the zeros at the end, so that equal shares are written the same.
    return Decimal(f"{Decimal(str(value)).normalize():f}")
