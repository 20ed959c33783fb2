"""AudioSet as SQL: targets, negatives, windows and training batches from one DuckDB catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from audioset_duck.training.dataset import AudioSetDataset, Batch, Sample, collate
    from audioset_duck.training.sampler import TwoTierBatchSampler

__all__ = ["AudioSetDataset", "Batch", "Sample", "TwoTierBatchSampler", "collate"]


def __getattr__(name: str) -> Any:
    """Import what needs torch when it is asked for: all else works, and begins at once, without."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from audioset_duck.training import dataset, sampler
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise ImportError(
            f"{name} needs torch; install it with pip install 'audioset-duck[torch]'"
        ) from None
    return getattr(sampler if name == "TwoTierBatchSampler" else dataset, name)
