"""Pretrained networks: `BACKBONES[name].build(size)` gives one, `preprocess` what it wants to see."""

from recycler.learning.backbones.preprocessing import SCALINGS, Scaling, preprocess
from recycler.learning.backbones.registry import BACKBONES, Backbone

__all__ = ["BACKBONES", "SCALINGS", "Backbone", "Scaling", "preprocess"]
