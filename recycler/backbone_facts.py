"""What a choice needs to know of each backbone, without Keras: a table that `recycler.learning` wrote.

`python -m recycler.learning.backbones.facts` writes it again from Keras's own networks, and a test compares the two.
"""

import json
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

TABLE = Path(__file__).with_name("backbone_facts.json")


class BackboneFacts(BaseModel):
    """One backbone without its ImageNet head.

    title: as its makers write it. weights: where they come from. default_size, minimum_size: pixels a side.
    features: D, values of the pooled embedding. top1: ImageNet, 0 to 1.
    parameters: all of them, statistics of batch norm among them.
    Then one for each layer, in Keras's order, at the default size:
    names: what Keras calls it.
    learnable: parameters that learn once the layer is unfrozen.
    multiply_adds: thousands of multiplications with additions a photo.
    outputs: values a photo that the layer gives out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    licence: str
    weights: str
    default_size: int
    minimum_size: int
    parameters: int
    features: int
    top1: float | None
    names: tuple[str, ...]
    learnable: tuple[int, ...]
    multiply_adds: tuple[int, ...]
    outputs: tuple[int, ...]

    @property
    def layers(self) -> int:
        """How many layers it has, as Keras counts them."""
        return len(self.learnable)

    def learning(self, last: int, blocks: tuple[str, ...] = ()) -> list[int]:
        """Places of the layers that learn: so many of the last, and those whose names begin with one of the blocks."""
        first = self.layers - last
        return [i for i, name in enumerate(self.names) if i >= first or (blocks and name.startswith(blocks))]

    def learnable_in(self, last: int, blocks: tuple[str, ...] = ()) -> int:
        """Parameters that learn when these layers are unfrozen."""
        return sum(self.learnable[i] for i in self.learning(last, blocks))

    def work(self, size: int, last: int | None = None) -> float:
        """Multiply-adds a photo at an input of `size` pixels a side; of the last layers only, where `last` says so."""
        first = 0 if last is None else max(0, self.layers - last)
        return 1000 * sum(self.multiply_adds[first:]) * (size / self.default_size) ** 2

    def activations(self, size: int, last: int) -> int:
        """Values a photo that are handed from the frozen layers to the last ones: the embedding when none learns."""
        if last <= 0:
            return self.features
        before = self.outputs[max(0, self.layers - last - 1)]
        return round(before * (size / self.default_size) ** 2)


@cache
def backbone_facts() -> dict[str, BackboneFacts]:
    """Every backbone of the registry, by name."""
    rows = json.loads(TABLE.read_text("utf-8"))
    return {row["name"]: BackboneFacts.model_validate(row) for row in rows}
