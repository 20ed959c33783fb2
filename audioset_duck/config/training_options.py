"""Training options: which samples are kept, and what a batch consists of."""

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
    """Which samples of a target are kept, and how they are drawn.

    Fractions are between 0 and 1, inclusive.

    Attributes:
        head_labels: MIDs or display names of very frequent labels, whose clips are trimmed.
        head_keep_frac: Fraction of the clips of weak_unbalanced_train with a head label to keep.
        completion_rare_cutoff: Clips with a label that fewer clips carry are always kept, and
            labels with fewer samples share one bucket.
        seed: Seed of the trimming. The sampler has its own.
        pos_per_batch_frac: Fraction of a batch that is positives, rounded down.
        strong_neg_per_batch_frac: Fraction of a batch that is strong negatives, rounded down.
        weak_neg_per_batch_frac: The rest of a batch; the three fractions add up to 1.
        tier_a_fraction: Fraction of the strong negatives that belong to the first tier.
        primary_fraction: Fraction of the first tier that is drawn by weight; the rest is drawn
            from labels not yet seen in the epoch.
        tier_a_coverage: Fraction of a pool's counts that the labels of tier A carry.
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
    """Parse training options, as they are written in audioset-duck.toml.

    Args:
        options: A mapping from names of `TrainingOptions`'s attributes to values or their text.
        default: The options that are not in the mapping.
        where: Where the options were written, for messages.

    Raises:
        AudiosetDuckError: An unknown option, a value out of its range, or fractions of a batch
            that do not add up to 1.
    """
    if not isinstance(options, Mapping):
        raise AudiosetDuckError(f"{where} is {options!r}; expected a table of training options")
    names = [field.name for field in dataclasses.fields(TrainingOptions)]
    changes: dict[str, Any] = {}
    for name, value in options.items():
        if name not in names:
            raise AudiosetDuckError(
                f"{where}: unknown option {name!r}; expected one of {', '.join(names)}"
            )
        changes[name] = _parse(name, value, f"{where}: {name}")
    training = dataclasses.replace(default, **changes)
    fractions = (
        training.pos_per_batch_frac,
        training.strong_neg_per_batch_frac,
        training.weak_neg_per_batch_frac,
    )
    if sum(fractions) != 1:
        raise AudiosetDuckError(
            f"{where}: pos_per_batch_frac, strong_neg_per_batch_frac and weak_neg_per_batch_frac"
            f" are {', '.join(map(str, fractions))}, which add up to {sum(fractions)}; expected 1"
        )
    return training


def training_options_json(training: TrainingOptions) -> dict[str, Any]:
    """Training options as a JSON object, from which `parse_training_options` restores them."""
    return {
        # Never in exponent notation, as 1E-7, which the parser refuses.
        name: f"{value:f}" if isinstance(value, Decimal) else value
        for name, value in dataclasses.asdict(training).items()
    }


def _parse(name: str, value: object, where: str) -> object:
    if name == "head_labels":
        labels = value.split(",") if isinstance(value, str) else value
        if not isinstance(labels, list) or not all(isinstance(item, str) for item in labels):
            raise AudiosetDuckError(f"{where} is {value!r}; expected a list of strings")
        return tuple(label.strip() for label in labels if label.strip())
    if name in ("completion_rare_cutoff", "seed"):
        if isinstance(value, bool) or not re.fullmatch(r"\d{1,18}", str(value)):
            raise AudiosetDuckError(f"{where} is {value!r}; expected a whole number, 0 or more")
        return int(str(value))
    if isinstance(value, bool) or not re.fullmatch(r"0(\.\d{1,9})?|1(\.0{1,9})?", str(value)):
        raise AudiosetDuckError(
            f"{where} is {value!r}; expected a fraction from 0 to 1, with at most 9 decimals"
        )
    # Without trailing zeros, so that equal fractions are written the same.
    return Decimal(f"{Decimal(str(value)).normalize():f}")
