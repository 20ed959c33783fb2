"""A batch sampler that follows the epoch plan of the catalog."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from torch.utils.data import Sampler

from audioset_duck.errors import AudiosetDuckError
from audioset_duck.interrupts import defer_interrupts
from audioset_duck.training.dataset import AudioSetDataset, Sample
from audioset_duck.training.epoch_plan import EpochPlan, PlannedEpoch
from audioset_duck.training.ranks import Ranks

# Ranks share the 1,024 slices of a pool.
_MOST_RANKS = 1024


class TwoTierBatchSampler(Sampler[list[Sample]]):
    """Batches of fixed composition: positives, strong negatives in two tiers, weak negatives.

    With the option `pos_weak_per_batch_frac`, or for a target without strong positives, weak
    positives too.

    The catalog plans what each batch of each rank contains, in `TARGET.epoch_plan(seed, epoch,
    batch_size, rank, world_size, hard)`. This class reads the plan, and keeps the hard negatives.
    Pass it to a DataLoader as `batch_sampler`, with any number of workers.

    Args:
        dataset: Dataset of the train split of a target.
        batch_size: Samples per batch, on this rank.
        seed: Seed of the plan; another seed draws other samples.
        num_replicas: Number of ranks. None: from torch.distributed if it is initialised, else 1.
        rank: Rank of this process, from 0. None: from torch.distributed if initialised, else 0.
        hard_buffer_size: Most hard negatives to keep; the oldest are dropped.

    Attributes:
        epoch: The current epoch, or the next one.
        hard_buffer: Ids of the hard negatives that no epoch has used yet, the newest first.

    Raises:
        AudiosetDuckError: A number is out of range, the batch is too small for a positive, there
            are more ranks than positives, or the target has no samples of a role that a batch
            needs. The message says what to do.

    Example:
        >>> from audioset_duck import TwoTierBatchSampler
        >>> sampler = TwoTierBatchSampler(dataset, batch_size=32, seed=0)
        >>> sampler.set_epoch(5)
        >>> first = next(iter(sampler))
        >>> len(first), len(sampler)
        (32, 54)
    """

    def __init__(
        self,
        dataset: AudioSetDataset,
        batch_size: int,
        seed: int = 0,
        num_replicas: int | None = None,
        rank: int | None = None,
        hard_buffer_size: int = 10_000,
    ) -> None:
        ranks = Ranks.current()
        num_replicas = ranks.world_size if num_replicas is None else num_replicas
        rank = ranks.rank if rank is None else rank
        for name, value, least, most in (
            ("batch_size", batch_size, 1, 1_000_000),
            ("seed", seed, 0, 2**62),
            ("num_replicas", num_replicas, 1, _MOST_RANKS),
            ("rank", rank, 0, num_replicas - 1),
            ("hard_buffer_size", hard_buffer_size, 0, 10_000_000),
        ):
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
                raise AudiosetDuckError(
                    f"{name} is {value!r}; expected an integer from {least} to {most:,}"
                )
        if dataset.split != "train":
            raise AudiosetDuckError(
                f"the dataset has the {dataset.split} split; expected AudioSetDataset(...,"
                " split='train')"
            )
        self.dataset = dataset
        self.batch_size = batch_size
        self.seed = seed
        self.num_replicas = num_replicas
        self.rank = rank
        self.hard_buffer_size = hard_buffer_size
        self.hard_buffer: list[int] = []
        self.epoch = 0
        self._position = 0
        # Batches of the epoch that an earlier run has trained on.
        self._resume_at = 0
        # The epoch that an earlier run has trained on to its end.
        self._finished_epoch: int | None = None
        # The hard negatives that an epoch draws from, and its plan once it is read.
        self._hard_epoch: int | None = None
        self._hard: list[int] = []
        self._planned: PlannedEpoch | None = None
        self._plan = EpochPlan(dataset, batch_size, seed, rank, num_replicas)

    def __repr__(self) -> str:
        return (
            f"<TwoTierBatchSampler of {self.dataset.target}: {self._plan.steps:,} batches of"
            f" {self.batch_size} an epoch, rank {self.rank} of {self.num_replicas}, seed"
            f" {self.seed}>"
        )

    def __len__(self) -> int:
        """The number of batches of an epoch, the same on every rank and in every epoch."""
        return self._plan.steps

    @property
    def sampler(self) -> TwoTierBatchSampler:
        """Itself: Lightning looks here for an object with `set_epoch`."""
        return self

    def __iter__(self) -> Iterator[list[Sample]]:
        """Yield the batches of the epoch; after a resume, the ones that are left."""
        sample_ids, crops, _ = self._read_plan()
        self._position, self._resume_at = self._resume_at, 0
        self._finished_epoch = None
        for step in range(self._position, self._plan.steps):
            self._position = step + 1
            yield [
                Sample(sample_id, None if crop != crop else crop)
                for sample_id, crop in zip(
                    sample_ids[step].tolist(), crops[step].tolist(), strict=True
                )
            ]

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch. A new one starts at its first batch, with the hard negatives so far.

        Of the epoch that a state was the end of, nothing is left.

        Raises:
            AudiosetDuckError: It is not an integer from 0.
        """
        if isinstance(epoch, bool) or not isinstance(epoch, int) or epoch < 0:
            raise AudiosetDuckError(f"epoch is {epoch!r}; expected an integer from 0")
        if epoch != self.epoch:
            self.epoch = epoch
            is_finished = epoch == self._finished_epoch
            self._position = self._resume_at = self._plan.steps if is_finished else 0

    def extend_hard_buffer(self, samples: Iterable[str | int]) -> None:
        """Add hard negatives; the next epoch draws each of them once.

        Under torch.distributed all ranks must call this, each with what it found, even if that is
        nothing. All ranks draw from what any of them found.

        Args:
            samples: Sample keys, as in batches, or sample ids; the newest last.

        Raises:
            AudiosetDuckError: One of them is not a negative of the train split.
        """
        found = list(samples)
        if self.num_replicas > 1:
            # All ranks look up all: if one is not a negative, all raise, and no rank waits.
            found = list(itertools.chain.from_iterable(Ranks.current().gather(found)))
        found_ids = self._plan.find_negatives(found)
        newest_first = dict.fromkeys([*reversed(found_ids), *self.hard_buffer])
        self.hard_buffer = list(newest_first)[: self.hard_buffer_size]

    def state_dict(self, batches: int | None = None) -> dict[str, Any]:
        """The state that `load_state_dict` resumes from: plain data, the same on all ranks.

        Args:
            batches: How many batches of this epoch are trained on. None: how many were yielded. A
                DataLoader with workers fetches ahead of training, so count them yourself there.

        Raises:
            AudiosetDuckError: An epoch has fewer batches.
        """
        batches = self._position if batches is None else batches
        if not 0 <= batches <= self._plan.steps:
            raise AudiosetDuckError(
                f"batches is {batches}; expected 0 to {self._plan.steps}, the batches of an epoch"
            )
        return {
            "catalog": self.dataset.catalog_id,
            "target": self.dataset.target,
            "seed": self.seed,
            "batch_size": self.batch_size,
            "num_replicas": self.num_replicas,
            "epoch": self.epoch,
            "batches": batches,
            "hard": list(self._hard) if self._hard_epoch == self.epoch else None,
            "hard_buffer": list(self.hard_buffer),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Resume from a state: the next iteration yields the rest of its epoch.

        A state at the end of an epoch is the start of the next one.

        Raises:
            AudiosetDuckError: The state has another catalog, target, seed, batch size or number of
                ranks, or is not the state of a sampler.
        """
        own = self.state_dict()
        for name in own:
            if name not in state:
                raise AudiosetDuckError(
                    f"the state has no {name!r}; expected what state_dict() returns"
                )
        # A target has a fingerprint of its own, which says less than its name.
        for name in ("target", "seed", "batch_size", "num_replicas", "catalog"):
            if state[name] != own[name]:
                if name == "catalog":
                    raise AudiosetDuckError(
                        f"the state is of other samples of {self.dataset.target}: of another"
                        " catalog, or from before a build, extract or scan changed this one; its"
                        " batches would not be the same; train from the start"
                    )
                raise AudiosetDuckError(
                    f"{name} of the state is {state[name]!r}, and of this sampler {own[name]!r}:"
                    " its batches would not be the same; create the sampler as it was"
                )
        if not 0 <= state["batches"] <= self._plan.steps:
            raise AudiosetDuckError(
                f"batches of the state is {state['batches']}; expected 0 to {self._plan.steps}"
            )
        is_finished = state["batches"] == self._plan.steps
        self._finished_epoch = state["epoch"] if is_finished else None
        self.epoch = state["epoch"] + is_finished
        self._position = self._resume_at = 0 if is_finished else state["batches"]
        self._hard_epoch = None if state["hard"] is None else state["epoch"]
        self._hard = list(state["hard"] or [])
        self._planned = None
        self.hard_buffer = list(state["hard_buffer"])

    # DuckDB turns an interrupt of a query into a RuntimeError, which no training loop expects.
    @defer_interrupts()
    def _read_plan(self) -> PlannedEpoch:
        """The plan of the epoch. The first time, it takes the hard negatives that it can use."""
        if self._hard_epoch != self.epoch:
            hard = self.hard_buffer
            self._plan.warn_of_labels_left_out(self.epoch, hard)
            self._planned = self._plan.read(self.epoch, hard)
            self._hard_epoch, self._hard = self.epoch, hard
            self.hard_buffer = [item for item in hard if item not in self._planned.used_hard]
        elif self._planned is None:
            self._planned = self._plan.read(self.epoch, self._hard)
        return self._planned
