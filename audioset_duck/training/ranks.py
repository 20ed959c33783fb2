"""This process among those of torch.distributed."""

from __future__ import annotations

from typing import Any, NamedTuple

from torch import distributed


class Ranks(NamedTuple):
    """The rank of this process, from 0, and the number of ranks.

    Without torch.distributed, or before it is initialised, this is one rank of one.
    """

    rank: int
    world_size: int

    @classmethod
    def current(cls) -> Ranks:
        """Ask torch.distributed."""
        if distributed.is_available() and distributed.is_initialized():
            return cls(distributed.get_rank(), distributed.get_world_size())
        return cls(0, 1)

    def gather(self, value: Any) -> list[Any]:
        """The values that all ranks give; each waits for the others."""
        gathered = [value] * self.world_size
        if self.world_size > 1:
            distributed.all_gather_object(gathered, value)
        return gathered

    def broadcast(self, value: Any) -> Any:
        """The value that rank 0 gives."""
        values = [value]
        if self.world_size > 1:
            distributed.broadcast_object_list(values, src=0)
        return values[0]
