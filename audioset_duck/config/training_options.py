"""Training options: what a batch of a target consists of."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from decimal import Decimal

from audioset_duck.config.option_values import parse_options, plain
from audioset_duck.errors import AudiosetDuckError


@dataclass(frozen=True)
class TrainingOptions:
    """How the samples of a target are drawn.

    Fractions are between 0 and 1, inclusive. The four fractions of a batch add up to 1.

    Attributes:
        pos_per_batch_frac: Fraction of a batch that is positives, rounded down.
        pos_weak_per_batch_frac: Fraction of a batch that is weak positives, rounded down.
        strong_neg_per_batch_frac: Fraction of a batch that is strong negatives, rounded down.
        weak_neg_per_batch_frac: The rest of a batch.
        tier_a_fraction: Fraction of the strong negatives that belong to the first tier.
        primary_fraction: Fraction of the first tier that is drawn by weight; the rest is drawn
            from labels not yet seen in the epoch.
        tier_a_coverage: Fraction of a pool's counts that the labels of tier A carry.
    """

    pos_per_batch_frac: Decimal = Decimal("0.25")
    pos_weak_per_batch_frac: Decimal = Decimal(0)
    strong_neg_per_batch_frac: Decimal = Decimal("0.25")
    weak_neg_per_batch_frac: Decimal = Decimal("0.5")
    tier_a_fraction: Decimal = Decimal("0.6")
    primary_fraction: Decimal = Decimal("0.9")
    tier_a_coverage: Decimal = Decimal("0.8")


_REST = "weak_neg_per_batch_frac"
_OTHER_FRACTIONS = ("pos_per_batch_frac", "pos_weak_per_batch_frac", "strong_neg_per_batch_frac")


def parse_training_options(
    options: object, default: TrainingOptions, where: str
) -> TrainingOptions:
    """Parse training options, as they are written in audioset-duck.toml.

    If another fraction of a batch is written, but not `weak_neg_per_batch_frac`, that is the rest.

    Args:
        options: A mapping from names of `TrainingOptions`'s attributes to values or their text.
        default: The options that are not in the mapping.
        where: Where the options were written, for messages.

    Raises:
        AudiosetDuckError: An unknown option, one of another table, a value out of its range, or
            fractions of a batch that do not add up to 1.
    """
    parsed = parse_options("training", options, where)
    training = dataclasses.replace(default, **parsed)
    others = [getattr(training, name) for name in _OTHER_FRACTIONS]
    if _REST not in parsed and parsed.keys() & set(_OTHER_FRACTIONS):
        if sum(others) > 1:
            raise AudiosetDuckError(
                f"{where}: {_sum_of(_OTHER_FRACTIONS, others)}; expected at most 1, since {_REST}"
                " is the rest of a batch"
            )
        return dataclasses.replace(training, weak_neg_per_batch_frac=plain(1 - sum(others)))
    fractions = [*others, training.weak_neg_per_batch_frac]
    if sum(fractions) != 1:
        raise AudiosetDuckError(
            f"{where}: {_sum_of((*_OTHER_FRACTIONS, _REST), fractions)}; expected 1"
        )
    return training


def _sum_of(names: tuple[str, ...], fractions: list[Decimal]) -> str:
    *first, last = names
    return (
        f"{', '.join(first)} and {last} are {', '.join(map(str, fractions))}, which add up to"
        f" {sum(fractions)}"
    )
