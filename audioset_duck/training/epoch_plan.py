"""The plan of an epoch: what the catalog answers about the batches of a rank."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, NamedTuple

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from audioset_duck.catalog.models import render_query
from audioset_duck.catalog.state import read_state
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.interrupts import defer_interrupts
from audioset_duck.training.dataset import AudioSetDataset

log = logging.getLogger(__name__)

# The role of the samples that a slot takes, by what the slot is drawn as.
_ROLES = {
    "positive": "positive",
    "weak_positive": "weak_positive",
    "tier_a": "strong_negative",
    "completion": "strong_negative",
    "hard": "strong_negative",
    "weak": "weak_negative",
}
_SHARES = {
    "strong_negative": ("strong", "strong_neg_per_batch_frac"),
    "weak_negative": ("weak", "weak_neg_per_batch_frac"),
}


class PlannedEpoch(NamedTuple):
    """The samples of the batches of an epoch on one rank.

    Attributes:
        sample_ids: int64, (steps, batch_size).
        crop_starts: float64, (steps, batch_size): starts of the crops of weak clips, in seconds;
            nan for windows.
        used_hard: The hard negatives that the epoch draws, on any rank.
    """

    sample_ids: npt.NDArray[np.int64]
    crop_starts: npt.NDArray[np.float64]
    used_hard: frozenset[int]


class EpochPlan:
    """Asks the catalog for the batches of epochs, in `TARGET.epoch_plan` and its parts.

    Args:
        dataset: Dataset of the train split of a target.
        batch_size: Samples per batch, on each rank.
        seed: Seed of the plans.
        rank: The rank, from 0.
        world_size: Number of ranks.

    Attributes:
        steps: Number of batches of each epoch.

    Raises:
        AudiosetDuckError: No epoch can be planned; the message says what to do.
    """

    def __init__(
        self, dataset: AudioSetDataset, batch_size: int, seed: int, rank: int, world_size: int
    ) -> None:
        self._dataset = dataset
        self._variables: dict[str, Any] = {
            "target": dataset.target,
            "batch_size": batch_size,
            "seed": seed,
            "rank": rank,
            "world_size": world_size,
        }
        with dataset.open_catalog() as connection:
            self._check(connection)
            ((steps,),) = self._ask(connection, "epoch_steps")
            self.steps = int(steps)

    def read(self, epoch: int, hard: Sequence[int]) -> PlannedEpoch:
        """Read the plan of an epoch.

        Args:
            epoch: The epoch, from 0.
            hard: Ids of the hard negatives, the newest first.
        """
        batch_size = self._variables["batch_size"]
        variables = {"epoch": epoch, "hard": list(hard)}
        with self._dataset.open_catalog() as connection:
            used = self._ask(connection, "epoch_hard", **variables) if hard else []
            _, query = render_query("training/epoch_samples", **self._variables, **variables)
            plan = connection.execute(query).fetchnumpy()
        sample_ids = np.empty(self.steps * batch_size, np.int64)
        crop_starts = np.empty(len(sample_ids))
        sample_ids[plan["place"]] = plan["sample_id"]
        crops = plan["crop_start_seconds"].astype(np.float64)
        crop_starts[plan["place"]] = np.ma.filled(crops, np.nan)
        shape = (self.steps, batch_size)
        return PlannedEpoch(
            sample_ids.reshape(shape),
            crop_starts.reshape(shape),
            frozenset(sample_id for (sample_id,) in used),
        )

    def warn_of_labels_left_out(self, epoch: int, hard: Sequence[int]) -> None:
        """Log a warning if labels of strong negatives are in no batch of an epoch."""
        with self._dataset.open_catalog() as connection:
            ((labels, left_out, slots),) = self._ask(
                connection, "labels_left_out", epoch=epoch, hard=list(hard)
            )
        if left_out and slots:
            log.warning(
                "%d of %d labels of strong negatives are in no batch of epoch %d, which has %d"
                " steps; %d steps are enough for all labels",
                left_out,
                labels,
                epoch,
                self.steps,
                -(-labels // slots),
            )
        elif left_out:
            log.warning(
                "%d of %d labels of strong negatives are in no batch of epoch %d: batches of %d"
                " have no completion slot; use a larger batch_size",
                left_out,
                labels,
                epoch,
                self._variables["batch_size"],
            )

    @defer_interrupts()
    def find_negatives(self, samples: Sequence[str | int]) -> list[int]:
        """Look up negatives of the train split by their keys or ids.

        Returns:
            Their ids, in the same order.

        Raises:
            AudiosetDuckError: One of them is not a negative of the train split.
        """
        if not samples:
            return []
        keys = [str(sample) for sample in samples]
        with self._dataset.open_catalog() as connection:
            connection.register("wanted", pa.table({"name": list(dict.fromkeys(keys))}))
            found = {
                key: (sample_id, role, split)
                for key, sample_id, role, split in self._ask(connection, "hard_negatives")
            }
        for key in keys:
            if key not in found:
                raise AudiosetDuckError(
                    f"hard negative {key!r} is not a sample of {self._dataset.target}; expected"
                    " sample keys of its batches, or sample ids"
                )
            _, role, split = found[key]
            if not role.endswith("_negative") or split != "train":
                raise AudiosetDuckError(
                    f"{key!r} is a {role} of the {split} split; expected a negative of the train"
                    " split"
                )
        return [found[key][0] for key in keys]

    def _ask(
        self, connection: duckdb.DuckDBPyConnection, query: str, **variables: Any
    ) -> list[tuple[Any, ...]]:
        _, select = render_query(f"training/{query}", **self._variables, **variables)
        return connection.execute(select).fetchall()

    def _check(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Raise AudiosetDuckError if no epoch can be planned."""
        dataset, target = self._dataset, self._dataset.target
        world_size, batch_size = self._variables["world_size"], self._variables["batch_size"]
        if read_state(connection).is_live:
            raise AudiosetDuckError(
                f"{dataset.catalog} is live: each plan of an epoch would read all source files"
                " many times; build it without --live to train"
            )
        draws = {draw: counts for draw, *counts in self._ask(connection, "batch_draws")}
        slots = {draw: slot_count for draw, (slot_count, *_) in draws.items() if slot_count}
        positives = draws["positive"][1] or draws["weak_positive"][1]
        if not positives:
            raise AudiosetDuckError(
                f"{target} has no positives in the train split, strong or weak; see"
                f' audioset-duck sql "from {target}.sample_counts"'
            )
        # Weak positives take these slots if the target has no others.
        if not slots.keys() & ({"positive"} if draws["positive"][1] else {"weak_positive"}):
            raise AudiosetDuckError(
                f"batch_size is {batch_size}, too small for a positive by the target's"
                " pos_per_batch_frac; use a larger one, or change [training]"
            )
        if "weak_positive" in slots and not draws["weak_positive"][1]:
            raise AudiosetDuckError(
                f"{target} has no weak positives in the train split; build it with --training"
                " pos_weak_per_batch_frac=0, or add the source files of weak labels"
            )
        if world_size > positives:
            raise AudiosetDuckError(
                f"there are {world_size} ranks, but {target} has only {positives} positives; use"
                f" at most {positives} ranks"
            )
        for draw in slots:
            role = _ROLES[draw]
            if role not in dataset.roles:
                raise AudiosetDuckError(
                    f"batches of {target} have samples of the role {role}, which the dataset does"
                    f" not have; create it with roles={(*dataset.roles, role)!r}"
                )
            ranks = draws[draw][2]
            if role in _SHARES and ranks < world_size:
                name, share = _SHARES[role]
                raise AudiosetDuckError(
                    f"{target} has {name} negatives of the train split on {ranks} of"
                    f" {world_size} ranks; use fewer ranks, add the source files of {name}"
                    f" labels, or build with --training {share}=0 and larger other fractions"
                )
