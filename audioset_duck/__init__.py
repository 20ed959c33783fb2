"""AudioSet as SQL: targets, negatives, windows and training batches from one DuckDB catalog."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from audioset_duck.training.clips import AudioSetClips, Clip
    from audioset_duck.training.dataset import AudioSetDataset, Batch, Sample, collate
    from audioset_duck.training.prediction import predict
    from audioset_duck.training.sampler import TwoTierBatchSampler

__all__ = [
    "AudioSetClips",
    "AudioSetDataset",
    "Batch",
    "Clip",
    "Sample",
    "TwoTierBatchSampler",
    "collate",
    "predict",
]

# The modules of `training` that have them; all others are in `dataset`.
_MODULES = {
    "AudioSetClips": "clips",
    "Clip": "clips",
    "TwoTierBatchSampler": "sampler",
    "predict": "prediction",
}


def __getattr__(name: str) -> Any:
    """Import what needs torch when it is asked for: all else works, and begins at once, without."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = importlib.import_module(f"audioset_duck.training.{_MODULES.get(name, 'dataset')}")
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise ImportError(
            f"{name} needs torch; install it with pip install 'audioset-duck[torch]'"
        ) from None
    return getattr(module, name)
