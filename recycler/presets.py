"""Presets, as data: what a name stands for in a recipe."""

from dataclasses import dataclass
from typing import Any

# Augmentation preset to the fields that it sets; every other field keeps its default, off.
# relevant and heavy follow the thesis, which names the augmentations but not their strengths.
_RELEVANT: dict[str, Any] = {
    "rotation_degrees": 15.0,
    "vertical_shift_fraction": 0.1,
    "zoom_fraction": 0.2,
    "fill_mode": "nearest",
    "brightness_fraction": 0.2,
    "channel_shift_levels": 20.0,
    "horizontal_flip_share": 0.5,
}
AUGMENTATIONS: dict[str, dict[str, Any]] = {
    "none": {},
    "relevant": _RELEVANT,
    "heavy": _RELEVANT | {"vertical_flip_share": 0.5, "zca_fraction": 1.0, "rescale_factor": 1 / 255},
    # What a phone at home does to a photo: nearer or farther, held askew, lamp light, a little out of focus.
    "phone": {
        "rotation_degrees": 25.0,
        "horizontal_shift_fraction": 0.08,
        "vertical_shift_fraction": 0.08,
        "zoom_fraction": 0.35,
        "stretch_fraction": 0.2,
        "slant_fraction": 0.15,
        "horizontal_flip_share": 0.5,
        "fill_mode": "reflect",
        "brightness_fraction": 0.35,
        "gamma_fraction": 0.3,
        "colour_cast_fraction": 0.15,
        "contrast_fraction": 0.25,
        "saturation_fraction": 0.5,
        "blur_share": 1.0,
    },
}


@dataclass(frozen=True)
class Method:
    """A way to train: the parts of a recipe that it sets.

    title, summary: for people. fields: top-level keys of a recipe.
    """

    title: str
    summary: str
    fields: dict[str, Any]

    def apply(self, recipe: dict[str, Any]) -> dict[str, Any]:
        """The recipe's fields with this method's in their place; of the network, what it does not set stays."""
        network = {**recipe.get("network", {}), **self.fields.get("network", {})}
        return recipe | self.fields | {"network": network}


# Eight looks a photo, computed once, of which each epoch sees one.
_LOOKS = {"preset": "relevant", "copies": 8, "each_epoch": "one_look"}
_THESIS_HEAD = {"backbone": "mobilenet", "input_size": 160, "shape": "single", "hidden": [512], "dropout": 0.5}
_THESIS_STAGE = {"batch_size": 32, "learning_rate": 1e-3, "schedule": "constant"}


def _thesis(epochs: tuple[int, int], layers: int) -> list[dict[str, Any]]:
    """The thesis's two stages: a head on a frozen base, then the last layers at a low rate."""
    low = {"learning_rate": 1e-5, "unfreeze_layers": layers, "method": "fine_tuning"}
    return [
        _THESIS_STAGE | {"method": "feature_extraction", "epochs": epochs[0]},
        _THESIS_STAGE | low | {"epochs": epochs[1]},
    ]


METHODS: dict[str, Method] = {
    "feature_extraction": Method(
        "Feature extraction",
        "The backbone stays as it is and only what is on top learns. Quickest; good with few photos.",
        {
            "augmentation": {"preset": "none", "copies": 0},
            "stages": [{"method": "feature_extraction", "epochs": 60}],
        },
    ),
    "fine_tuning": Method(
        "Fine tuning",
        "First what is on top learns, then the last layers of the backbone too, slowly. Slower; best with many photos.",
        {
            "augmentation": _LOOKS,
            "stages": [
                {"method": "feature_extraction", "epochs": 40},
                {"method": "fine_tuning", "unfreeze_layers": 24, "epochs": 15, "learning_rate": 1e-4, "patience": 4},
            ],
        },
    ),
    "thesis": Method(
        "Thesis",
        "The thesis of 2020 on CIFAR-100: MobileNet, 70 epochs for the head, 50 for the last 24 layers.",
        {"network": _THESIS_HEAD, "augmentation": _LOOKS, "stages": _thesis((70, 50), 24)},
    ),
    "thesis_home_photos": Method(
        "Thesis, home photos",
        "The thesis of 2020 on home photos: MobileNet, 120 epochs for the head, 100 for the last 12 layers.",
        {
            "network": _THESIS_HEAD | {"input_size": 224},
            "augmentation": _LOOKS,
            "stages": _thesis((120, 100), 12),
        },
    ),
}
