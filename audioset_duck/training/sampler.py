"""The epoch plan of the catalog, handed out batch by batch."""

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
    """Batches of a fixed make-up: positives, strong negatives of two tiers, weak negatives.

    What each batch of each rank holds is `TARGET.epoch_plan(seed, epoch, batch_size, rank,
    world_size, hard)` in the catalog; this class reads it, and keeps the hard negatives. Give it
    to a DataLoader as `batch_sampler`, with any number of workers.

    Args:
        dataset: The train split of a target.
        batch_size: Samples in a batch, on this rank.
        seed: Another seed draws other samples.
        num_replicas: Number of ranks. None: that of torch.distributed if it is initialised, else 1.
        rank: This one, from 0. None: that of torch.distributed if it is initialised, else 0.
        hard_buffer_size: How many hard negatives are kept at most; the oldest are forgotten.

    Attributes:
        epoch: That which is, or will be, handed out.
        hard_buffer: Ids of the hard negatives that no epoch has used yet, the newest first.

    Raises:
        AudiosetDuckError: A number is out of its range, a batch so small has no positive, there
            are more ranks than positives, or the target has no samples of a kind that a batch
            needs; always with what to do about it.

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
                    f"{name} is {value!r}; right is a whole number from {least} to {most:,}"
                )
        if dataset.split != "train":
            raise AudiosetDuckError(
                f"the dataset is of the {dataset.split} split; a sampler draws from"
                " AudioSetDataset(..., split='train')"
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
        # Batches of the epoch that a run before this one has had already.
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
        """Batches of an epoch: the same on every rank, in every epoch."""
        return self._steps

    @property
    def sampler(self) -> TwoTierBatchSampler:
        """Itself: here Lightning looks for what has a `set_epoch`."""
        return self

    def __iter__(self) -> Iterator[list[Sample]]:
        """Hand out the batches of the epoch, after a resume those that are left of it."""
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
        """Choose the epoch; another one begins at its first batch, with the hard negatives so far.

        Raises:
            AudiosetDuckError: It is no whole number from 0.
        """
        if isinstance(epoch, bool) or not isinstance(epoch, int) or epoch < 0:
            raise AudiosetDuckError(f"epoch is {epoch!r}; right is a whole number from 0")
        if epoch != self.epoch:
            self.epoch = epoch
            self._position = self._resume_at = 0
            self._hard = self._plan = None

    def extend_hard_buffer(self, samples: Iterable[str | int]) -> None:
        """Add hard negatives: the next epoch that is planned draws each of them once.

        Under torch.distributed all ranks must call this, each with what it found, be it nothing:
        what one has found, all will draw from.

        Args:
            samples: Sample keys, as batches have them, or sample ids; the newest last.

        Raises:
            AudiosetDuckError: One of them is no negative of the train split.
        """
        found = list(samples)
        if (
            self.num_replicas > 1
            and torch.distributed.is_available()
            and torch.distributed.is_initialized()
        ):
            # All ranks look all up: if one is no negative, all raise, and none waits for another.
            gathered: list[list[str | int]] = [
                [] for _ in range(torch.distributed.get_world_size())
            ]
            torch.distributed.all_gather_object(gathered, found)
            found = list(itertools.chain.from_iterable(gathered))
        found_ids = self._negative_ids(found)
        newest_first = dict.fromkeys([*reversed(found_ids), *self.hard_buffer])
        self.hard_buffer = list(newest_first)[: self.hard_buffer_size]

    def state_dict(self, batches: int | None = None) -> dict[str, Any]:
        """What `load_state_dict` resumes from: plain data, the same on all ranks.

        Args:
            batches: How many batches of this epoch training has done. None: how many were handed
                out; a DataLoader with workers takes some ahead of training, so count them there.

        Raises:
            AudiosetDuckError: An epoch has not so many batches.
        """
        batches = self._position if batches is None else batches
        if not 0 <= batches <= self._steps:
            raise AudiosetDuckError(f"batches is {batches}; an epoch has {self._steps}")
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
        """Go on where a state was taken: the next iteration hands out what was left of the epoch.

        Raises:
            AudiosetDuckError: The state is of another catalog, target, seed, batch size or number
                of ranks, or is none.
        """
        own = self.state_dict()
        for name in own:
            if name not in state:
                raise AudiosetDuckError(f"the state has no {name!r}: it is not of this sampler")
        for name in ("catalog", "target", "seed", "batch_size", "num_replicas"):
            if state[name] != own[name]:
                raise AudiosetDuckError(
                    f"the state is of another {name}, {state[name]!r}, and this sampler has"
                    f" {own[name]!r}: its batches would not be the same"
                )
        if not 0 <= state["batches"] <= self._steps:
            raise AudiosetDuckError(
                f"the state has had {state['batches']} batches; an epoch has {self._steps}"
            )
        self.epoch = state["epoch"]
        self._position = self._resume_at = state["batches"]
        self._hard = None if state["hard"] is None else list(state["hard"])
        self._plan = None
        self.hard_buffer = list(state["hard_buffer"])

    def _planned(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """The plan of the epoch: ids, and starts of crops (nan: none), both (steps, batch_size)."""
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
        """The SQL that asks a macro of the target for this epoch, on this rank or on all."""
        hard = f"[{', '.join(map(str, self._hard or []))}]::bigint[]"
        ranks = [self.num_replicas] if is_global else [self.rank, self.num_replicas]
        values = [self.seed, self.epoch, self.batch_size, *ranks, hard]
        return f"{identifier(self.dataset.target)}.{macro}({', '.join(map(str, values))})"

    def _check(self, connection: duckdb.DuckDBPyConnection) -> int:
        """How many steps an epoch has; raises if there is none that could be planned."""
        if read_state(connection).is_live:
            raise AudiosetDuckError(
                f"{self.dataset.catalog} is live: each plan of an epoch would read all its source"
                " files many times; build it without --live to train"
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
                f"{self.dataset.target} has no positive of the train split; see"
                f' audioset-duck sql "from {self.dataset.target}.sample_counts"'
            )
        if "positive" not in slots:
            raise AudiosetDuckError(
                f"batch_size is {self.batch_size}: a batch so small has no positive, by the"
                " target's pos_per_batch_frac; take a larger one, or change [training]"
            )
        if self.num_replicas > positives:
            raise AudiosetDuckError(
                f"there are {self.num_replicas} ranks, but {self.dataset.target} has only"
                f" {positives} positives; right are as many ranks at most"
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
                    f" {self.num_replicas} ranks; take fewer ranks, add the sources of {role}"
                    f" labels, or build with --training {share}=0 and the other shares larger"
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
                " steps; with %d all are sure to be",
                left_out,
                labels,
                self.epoch,
                self._steps,
                -(-labels // slots),
            )
        elif left_out:
            log.warning(
                "%d of %d labels of strong negatives are in no batch of epoch %d: batches of %d"
                " have no slot to complete them; larger ones have",
                left_out,
                labels,
                self.epoch,
                self.batch_size,
            )

    def _negative_ids(self, samples: list[str | int]) -> list[int]:
        """The ids of samples given by key or id, in the same order."""
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
                    f"hard negative {key!r} is no sample of {self.dataset.target}; right are the"
                    " sample keys of its batches, or sample ids"
                )
            _, role, split = found[key]
            if role == "positive" or split != "train":
                raise AudiosetDuckError(
                    f"{key!r} is a {role} of the {split} split; hard negatives are negatives of the"
                    " train split"
                )
        return [found[key][0] for key in keys]
