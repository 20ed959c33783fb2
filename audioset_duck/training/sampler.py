"""A batch sampler that follows the epoch plan of the catalog."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch
from torch.utils.data import Sampler

from audioset_duck.catalog.state import read_state
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.sqltext import identifier
from audioset_duck.training.dataset import AudioSetDataset, Sample

log = logging.getLogger(__name__)

# Ranks share the 1,024 slices of a pool.
_MOST_RANKS = 1024


class TwoTierBatchSampler(Sampler[list[Sample]]):
    """Batches of fixed composition: positives, strong negatives in two tiers, weak negatives.

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
        (32, 61)
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
        is_distributed = torch.distributed.is_available() and torch.distributed.is_initialized()
        if num_replicas is None:
            num_replicas = torch.distributed.get_world_size() if is_distributed else 1
        if rank is None:
            rank = torch.distributed.get_rank() if is_distributed else 0
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
        self._hard: list[int] | None = None
        self._plan: tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]] | None = None
        with dataset.open_catalog() as connection:
            self._steps = self._check(connection)

    def __repr__(self) -> str:
        return (
            f"<TwoTierBatchSampler of {self.dataset.target}: {self._steps:,} batches of"
            f" {self.batch_size} an epoch, rank {self.rank} of {self.num_replicas}, seed"
            f" {self.seed}>"
        )

    def __len__(self) -> int:
        """The number of batches of an epoch, the same on every rank and in every epoch."""
        return self._steps

    @property
    def sampler(self) -> TwoTierBatchSampler:
        """Itself: Lightning looks here for an object with `set_epoch`."""
        return self

    def __iter__(self) -> Iterator[list[Sample]]:
        """Yield the batches of the epoch; after a resume, the ones that are left."""
        sample_ids, crops = self._planned()
        self._position, self._resume_at = self._resume_at, 0
        for step in range(self._position, self._steps):
            self._position = step + 1
            yield [
                Sample(sample_id, None if crop != crop else crop)
                for sample_id, crop in zip(
                    sample_ids[step].tolist(), crops[step].tolist(), strict=True
                )
            ]

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch. A new one starts at its first batch, with the hard negatives so far.

        Raises:
            AudiosetDuckError: It is not an integer from 0.
        """
        if isinstance(epoch, bool) or not isinstance(epoch, int) or epoch < 0:
            raise AudiosetDuckError(f"epoch is {epoch!r}; expected an integer from 0")
        if epoch != self.epoch:
            self.epoch = epoch
            self._position = self._resume_at = 0
            self._hard = self._plan = None

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
        if (
            self.num_replicas > 1
            and torch.distributed.is_available()
            and torch.distributed.is_initialized()
        ):
            # All ranks look up all: if one is not a negative, all raise, and no rank waits.
            gathered: list[list[str | int]] = [
                [] for _ in range(torch.distributed.get_world_size())
            ]
            torch.distributed.all_gather_object(gathered, found)
            found = list(itertools.chain.from_iterable(gathered))
        found_ids = self._negative_ids(found)
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
        if not 0 <= batches <= self._steps:
            raise AudiosetDuckError(
                f"batches is {batches}; expected 0 to {self._steps}, the batches of an epoch"
            )
        return {
            "catalog": self.dataset.catalog_id,
            "target": self.dataset.target,
            "seed": self.seed,
            "batch_size": self.batch_size,
            "num_replicas": self.num_replicas,
            "epoch": self.epoch,
            "batches": batches,
            "hard": self._hard,
            "hard_buffer": list(self.hard_buffer),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Resume from a state: the next iteration yields the rest of its epoch.

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
        for name in ("catalog", "target", "seed", "batch_size", "num_replicas"):
            if state[name] != own[name]:
                raise AudiosetDuckError(
                    f"{name} of the state is {state[name]!r}, and of this sampler {own[name]!r}:"
                    " its batches would not be the same; create the sampler as it was"
                )
        if not 0 <= state["batches"] <= self._steps:
            raise AudiosetDuckError(
                f"batches of the state is {state['batches']}; expected 0 to {self._steps}"
            )
        self.epoch = state["epoch"]
        self._position = self._resume_at = state["batches"]
        self._hard = None if state["hard"] is None else list(state["hard"])
        self._plan = None
        self.hard_buffer = list(state["hard_buffer"])

    def _planned(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """The planned ids and starts of crops (nan for none), both (steps, batch_size)."""
        if self._plan is None:
            with self.dataset.open_catalog() as connection:
                if self._hard is None:
                    self._hard = self.hard_buffer
                    self._warn_of_labels_left_out(connection)
                    used = {
                        sample_id
                        for (sample_id,) in connection.execute(
                            f"select sample_id from {self._call('label_draws', is_global=True)}"
                            " where sample_id is not null"
                        ).fetchall()
                    }
                    self.hard_buffer = [item for item in self.hard_buffer if item not in used]
                plan = connection.execute(f"""
                    select
                        step * {self.batch_size} + slot as place,
                        sample_id,
                        cast(crop_start_seconds as double) as crop
                    from {self._call("epoch_plan")}
                """).fetchnumpy()
            sample_ids = np.empty(self._steps * self.batch_size, np.int64)
            crops = np.empty(len(sample_ids))
            sample_ids[plan["place"]] = plan["sample_id"]
            crops[plan["place"]] = np.ma.filled(plan["crop"].astype(np.float64), np.nan)
            shape = (self._steps, self.batch_size)
            self._plan = sample_ids.reshape(shape), crops.reshape(shape)
        return self._plan

    def _call(self, macro: str, *, is_global: bool = False) -> str:
        """SQL that calls a table function of the target for this epoch, on this rank or on all."""
        hard = f"[{', '.join(map(str, self._hard or []))}]::bigint[]"
        ranks = [self.num_replicas] if is_global else [self.rank, self.num_replicas]
        values = [self.seed, self.epoch, self.batch_size, *ranks, hard]
        return f"{identifier(self.dataset.target)}.{macro}({', '.join(map(str, values))})"

    def _check(self, connection: duckdb.DuckDBPyConnection) -> int:
        """The number of steps of an epoch; raises if no epoch can be planned."""
        if read_state(connection).is_live:
            raise AudiosetDuckError(
                f"{self.dataset.catalog} is live: each plan of an epoch would read all source files"
                " many times; build it without --live to train"
            )
        target = identifier(self.dataset.target)
        slots = dict(
            connection.execute(
                f"select draw, count(*) from {target}.batch_slots({self.batch_size}) group by draw"
            ).fetchall()
        )
        ((positives,),) = connection.execute(
            f"select count(*) from {target}.sample_spans"
            " where role = 'positive' and split = 'train'"
        ).fetchall()
        if not positives:
            raise AudiosetDuckError(
                f"{self.dataset.target} has no positives in the train split; see"
                f' audioset-duck sql "from {self.dataset.target}.sample_counts"'
            )
        if "positive" not in slots:
            raise AudiosetDuckError(
                f"batch_size is {self.batch_size}, too small for a positive by the target's"
                " pos_per_batch_frac; use a larger one, or change [training]"
            )
        if self.num_replicas > positives:
            raise AudiosetDuckError(
                f"there are {self.num_replicas} ranks, but {self.dataset.target} has only"
                f" {positives} positives; use at most {positives} ranks"
            )
        drawn = {"tier_a": "tier_a", "completion": "tier_a", "hard": "tier_b", "weak": "weak"}
        choices = connection.execute(
            f"select draw, count(distinct on_rank) from {target}.label_choices({self.num_replicas})"
            " group by draw"
        ).fetchall()
        for draw in slots.keys() & drawn.keys():
            if (ranks := dict(choices).get(drawn[draw], 0)) < self.num_replicas:
                role, share = (
                    ("weak", "weak_neg_per_batch_frac")
                    if draw == "weak"
                    else ("strong", "strong_neg_per_batch_frac")
                )
                raise AudiosetDuckError(
                    f"{self.dataset.target} has {role} negatives of the train split on {ranks} of"
                    f" {self.num_replicas} ranks; use fewer ranks, add the source files of {role}"
                    f" labels, or build with --training {share}=0 and larger other fractions"
                )
        ((steps,),) = connection.execute(
            "select max(step) + 1"
            f" from {target}.epoch_slots({self.batch_size}, {self.num_replicas})"
        ).fetchall()
        return int(steps)

    def _warn_of_labels_left_out(self, connection: duckdb.DuckDBPyConnection) -> None:
        target = identifier(self.dataset.target)
        ((labels, left_out, slots),) = connection.execute(f"""
            with drawn as (
                -- A hard negative has a label of its own, which may be one of the bucket's.
                select distinct coalesce(label_pools.label_id, 'other_rare') as label_id
                from {self._call("strong_draws", is_global=True)} as strong_draws
                left join {target}.label_pools as label_pools
                    on label_pools.pool = 'strong_negative'
                    and strong_draws.label_id = label_pools.label_id
                where strong_draws.label_id is not null
            )

            select
                count(*),
                count(*) filter (where drawn.label_id is null),
                (
                    select count(*) from {target}.batch_slots({self.batch_size})
                    where draw = 'completion'
                )
            from {target}.label_pools as label_pools
            left join drawn using (label_id)
            where pool = 'strong_negative'
        """).fetchall()
        if left_out and slots:
            log.warning(
                "%d of %d labels of strong negatives are in no batch of epoch %d, which has %d"
                " steps; %d steps are enough for all labels",
                left_out,
                labels,
                self.epoch,
                self._steps,
                -(-labels // slots),
            )
        elif left_out:
            log.warning(
                "%d of %d labels of strong negatives are in no batch of epoch %d: batches of %d"
                " have no completion slot; use a larger batch_size",
                left_out,
                labels,
                self.epoch,
                self.batch_size,
            )

    def _negative_ids(self, samples: list[str | int]) -> list[int]:
        """The ids of samples that are given by key or id, in the same order."""
        if not samples:
            return []
        keys = [str(sample) for sample in samples]
        with self.dataset.open_catalog() as connection:
            connection.register("wanted", pa.table({"name": pa.array(dict.fromkeys(keys))}))
            found = {
                key: (sample_id, role, split)
                for key, sample_id, role, split in connection.execute(f"""
                    with samples as (
                        select sample_id, sample_key, role, split
                        from {identifier(self.dataset.target)}.samples
                    )

                    select name, samples.* exclude (sample_key)
                    from wanted inner join samples on name = sample_key
                    union all
                    select name, samples.* exclude (sample_key)
                    from wanted inner join samples on try_cast(name as bigint) = sample_id
                """).fetchall()
            }
        for key in keys:
            if key not in found:
                raise AudiosetDuckError(
                    f"hard negative {key!r} is not a sample of {self.dataset.target}; expected"
                    " sample keys of its batches, or sample ids"
                )
            _, role, split = found[key]
            if role == "positive" or split != "train":
                raise AudiosetDuckError(
                    f"{key!r} is a {role} of the {split} split; expected a negative of the train"
                    " split"
                )
        return [found[key][0] for key in keys]
