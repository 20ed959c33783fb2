"""Sample options: which weak negatives of a catalog are samples, for all of its targets."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from decimal import Decimal

from audioset_duck.config.option_values import option_text, parse_options


@dataclass(frozen=True)
class SampleOptions:
    """Which weak negatives are kept, and which labels are rare: the same for all targets.

    Attributes:
        head_labels: MIDs or display names of very frequent labels, whose clips are trimmed.
        head_keep_frac: Fraction of the clips of weak_unbalanced_train with a head label to keep,
            from 0 to 1.
        completion_rare_cutoff: Clips with a label that fewer clips carry are always kept, and
            labels with fewer samples share one bucket.
        seed: Seed of the trimming. The sampler has its own.
    """

    head_labels: tuple[str, ...] = ("/m/09x0r", "/m/04rlf")
    head_keep_frac: Decimal = Decimal("0.2")
    completion_rare_cutoff: int = 10
    seed: int = 0


def parse_sample_options(options: object, default: SampleOptions, where: str) -> SampleOptions:
    """Parse sample options, as they are written in audioset-duck.toml.

    Args:
        options: A mapping from names of `SampleOptions`'s attributes to values or their text.
        default: The options that are not in the mapping.
        where: Where the options were written, for messages.

    Raises:
        AudiosetDuckError: An unknown option, one of another table, or a value out of its range.
    """
    return dataclasses.replace(default, **parse_options("samples", options, where))


def describe_changes(before: SampleOptions, after: SampleOptions) -> str:
    """List the options that differ, as in `head_keep_frac 0.2 -> 0.5, seed 0 -> 1`."""
    values = {
        field.name: (getattr(before, field.name), getattr(after, field.name))
        for field in dataclasses.fields(SampleOptions)
    }
    return ", ".join(
        f"{name} {option_text(old) or 'none'} -> {option_text(new) or 'none'}"
        for name, (old, new) in values.items()
        if old != new
    )
