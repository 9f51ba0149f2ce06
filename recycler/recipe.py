"""A recipe: everything that decides a training run, as one checked YAML file."""

from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from recycler.errors import RecipeError
from recycler.plain_yaml import read_yaml
from recycler.presets import AUGMENTATIONS


class Part(BaseModel):
    """Base of all parts of a recipe: frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(Part):
    """One source of photos and what is taken from it."""

    name: str = Field(
        description="cifar100, trashnet, garbage, home, collected, or the path of a zip or folder with a folder a class"
    )
    per_class: int | None = Field(None, ge=1, description="training photos a class, None for all")
    test_per_class: int | None = Field(
        None, ge=1, description="photos a class of the source's own test split, None for all"
    )
    labels: dict[str, str | None] = Field({}, description="label rule: class to its new class, or null to leave it out")
    relabel: dict[str, tuple[str, ...]] = Field(
        {}, description="class to the photos that count as it whatever their folder, by file name without its ending"
    )
    leave_out: tuple[str, ...] = Field((), description="photos that are not used, by file name without its ending")

    def photo_rule(self) -> dict[str, str | None]:
        """The class of each photo that the label rule names, None for those that are left out."""
        rule: dict[str, str | None] = dict.fromkeys(self.leave_out)
        return rule | {photo: name for name, photos in self.relabel.items() for photo in photos}


class Data(Part):
    """Which photos, and how they are divided."""

    sources: tuple[Source, ...] = Field(min_length=1, description="sources, joined over the union of their classes")
    validation: float = Field(
        0.15, gt=0, lt=0.5, description="share of the photos that chooses weights and temperature"
    )
    test: float = Field(
        0.15, ge=0, lt=0.5, description="share that is only measured; a source's own test split goes first"
    )
    seed: int = Field(0, ge=0, description="seed of the split and of the subset")
    label_rule: str = Field("", description="the label rule in words, for the card")


class Network(Part):
    """The network: raw pixels in; object, recycling and embedding out."""

    backbone: str = Field("efficientnet_lite0", description="a name from the registry of backbones")
    input_size: int = Field(224, ge=32, le=600, description="pixels a side that the backbone sees")
    upscaling: Literal["bilinear", "bicubic"] = Field(
        "bilinear", description="how photos smaller than that are upscaled; bicubic keeps edges sharper"
    )
    shape: Literal["shared", "separate", "multi_hot", "single"] = Field(
        "shared",
        description="one trunk and two branches, a trunk for each output, one output of C + 1, or one of C alone "
        "whose recyclable classes sum up to recycling",
    )
    hidden: tuple[int, ...] = Field((), description="units of the dense layers before each output")
    batch_norm: bool = Field(True, description="batch norm on the pooled features")
    dropout: float = Field(0.2, ge=0, lt=1, description="share of features dropped in training")
    flip: bool = Field(
        False,
        description="average the pooled features of the photo and its mirror image; fine tuning learns from one of the "
        "two, drawn anew each time",
    )
    outputs: tuple[Literal["coarse"], ...] = Field((), description="further outputs: coarse, CIFAR-100's superclasses")
    superclass_share: float = Field(
        0.0,
        ge=0,
        le=1,
        description="with the output coarse: how much of a superclass's log probability is added to that of its "
        "classes after training",
    )


class Stage(Part):
    """One stage of training: what of the network learns, and how."""

    method: Literal["feature_extraction", "fine_tuning"] = Field(
        "feature_extraction", description="the backbone stays frozen, or its last layers learn too"
    )
    unfreeze_layers: int = Field(
        0, ge=0, le=1000, description="last layers of the backbone that learn, counted as Keras counts them"
    )
    unfreeze_blocks: tuple[str, ...] = Field(
        (), description="or instead: the backbone's layers whose names begin so, such as conv_pw_13"
    )
    backbone_batch_norm: Literal["inference", "training"] = Field(
        "inference",
        description="the backbone's batch norm keeps ImageNet's statistics; training: what learns takes that of photos",
    )
    epochs: int = Field(60, ge=1, le=1000, description="most epochs")
    batch_size: int = Field(128, ge=1, le=4096, description="photos a step")
    optimiser: Literal["adamw", "adam", "sgd"] = Field(
        "adamw", description="rule that turns gradients into steps; sgd has a momentum of 0.9"
    )
    learning_rate: float = Field(1e-3, gt=0, le=1, description="peak learning rate", json_schema_extra={"scale": "log"})
    backbone_rate: float = Field(
        1.0,
        gt=0,
        le=1,
        description="share of the learning rate that the backbone's layers get",
        json_schema_extra={"scale": "log"},
    )
    schedule: Literal["constant", "cosine", "plateau"] = Field(
        "cosine",
        description="the learning rate stays, falls to 0 along a cosine, or falls when validation stands still",
    )
    warm_up: float = Field(0.0, ge=0, le=0.5, description="share of the steps in which the learning rate rises from 0")
    patience: int | None = Field(
        10, ge=1, le=1000, description="epochs without a better validation loss before stopping, None: never"
    )
    weight_decay: float = Field(0.0, ge=0, le=1, description="decoupled weight decay (adamw, sgd)")
    label_smoothing: float = Field(0.0, ge=0, lt=1, description="share of each label spread over its source's classes")
    class_weights: Literal["none", "balanced"] = Field(
        "none", description="balanced: a photo of a rare class counts more, so that all classes count the same"
    )
    object_weight: float = Field(1.0, ge=0, le=10, description="weight of the object output's loss")
    recycling_weight: float = Field(0.3, ge=0, le=10, description="weight of the recycling output's loss")
    coarse_weight: float = Field(0.3, ge=0, le=10, description="weight of the superclass output's loss")
    mixup: float = Field(
        0.0, ge=0, le=2, description="alpha of mixup at the cut: pairs of photos blended with their labels, 0: off"
    )
    cutmix: float = Field(
        0.0,
        ge=0,
        le=2,
        description="alpha of CutMix at the cut: a box of another photo pasted in, and its share of the label, 0: off. "
        "With mixup, too, each batch draws one of the two",
    )
    ema: float = Field(
        0.0, ge=0, lt=1, description="momentum of the moving average of weights that is kept instead of them, 0: off"
    )
    start_share: float = Field(
        0.0,
        ge=0,
        le=0.9,
        description="share of the weights from before this stage that is mixed into its best ones (WiSE-FT), 0: off",
    )
    cache: bool = Field(
        True, description="compute the frozen part once a photo and keep it; off: a fresh augmentation every epoch"
    )

    @property
    def name(self) -> str:
        """The method in words."""
        return self.method.replace("_", " ")

    @model_validator(mode="after")
    def _unfreezes_what_its_method_says(self) -> Self:
        if self.unfreeze_layers and self.unfreeze_blocks:
            raise ValueError("give unfreeze_layers or unfreeze_blocks, not both")
        if (self.method == "fine_tuning") != bool(self.unfreeze_layers or self.unfreeze_blocks):
            raise ValueError("fine_tuning needs unfreeze_layers or unfreeze_blocks, feature_extraction takes neither")
        if self.cutmix and self.method == "feature_extraction":
            raise ValueError("cutmix needs fine_tuning: behind a frozen backbone there is no place to cut")
        return self


def _strength(most: float, unit: str, description: str, default: float = 0.0, least: float = 0.0) -> Any:
    """The field of one augmentation: how strong it is at most, off by default."""
    return Field(default, ge=least, le=most, description=description, json_schema_extra={"unit": unit})


class Augmentation(Part):
    """What is done to training photos, never to validation or test photos.

    A preset (recycler.presets) sets some of the fields; those that a recipe sets itself go first. Each photo draws its
    own change, evenly up to the strength given here, to both sides where there are two.
    """

    preset: Literal["none", "relevant", "heavy", "phone"] = Field(
        "none", description="what the other fields are unless set: nothing, the thesis's two sets, or a phone at home"
    )
    copies: int = Field(
        0, ge=0, le=50, description="looks a training photo, beside the plain one, that are computed once and kept"
    )
    each_epoch: Literal["all_looks", "one_look"] = Field(
        "all_looks", description="an epoch sees each photo in all its looks, or in one of them chosen at random"
    )
    rotation_degrees: float = _strength(180, "°", "turn to either side")
    horizontal_shift_fraction: float = _strength(0.5, "of the width", "shift to the left or right")
    vertical_shift_fraction: float = _strength(0.5, "of the height", "shift up or down")
    zoom_fraction: float = _strength(0.9, "of the side", "nearer or farther: side of the view 1 - zoom to 1 + zoom")
    stretch_fraction: float = _strength(1, "of the side", "width grows as height shrinks, or the other way round")
    shear_degrees: float = _strength(45, "°", "slant of the upright lines")
    slant_fraction: float = _strength(0.5, "of the scale", "perspective: change of scale from the middle to an edge")
    crop_fraction: float = _strength(0.9, "of the side", "random crop: how much of the side is cut away")
    horizontal_flip_share: float = _strength(1, "of the photos", "photos mirrored left to right; 0.5 is usual")
    vertical_flip_share: float = _strength(1, "of the photos", "photos turned upside down by mirroring")
    fill_mode: Literal["reflect", "nearest", "wrap", "constant"] = Field(
        "reflect", description="what comes into view from outside: a mirror image, the rim, the other side, or black"
    )
    background_share: float = _strength(
        1, "of the photos", "photos on even ground that get another ground: two random colours"
    )
    brightness_fraction: float = _strength(1, "of the light", "darker or brighter")
    gamma_fraction: float = _strength(1, "of gamma", "flatter or deeper shadows")
    contrast_fraction: float = _strength(1, "of the contrast", "less or more contrast")
    channel_shift_levels: float = _strength(128, "of 255", "added to or taken from each colour channel on its own")
    colour_cast_fraction: float = _strength(
        1, "of a channel", "light of another colour: each channel stronger or weaker"
    )
    saturation_fraction: float = _strength(1, "of the saturation", "paler or more colourful")
    hue_degrees: float = _strength(180, "°", "turn of the colour wheel")
    blur_share: float = _strength(1, "of the blur", "share of a blurred photo (3x3 pixels) mixed in")
    jpeg_loss: float = _strength(95, "of 100", "JPEG artefacts: how far the quality falls below 100")
    cutout_fraction: float = _strength(0.8, "of the side", "side of one grey square that covers a part")
    zca_fraction: float = _strength(
        1, "of the whitening", "ZCA whitening, fitted on training photos, mixed in; photos of at most 32 pixels"
    )
    rescale_factor: float = _strength(
        1, "times", "pixels are multiplied by this. The network scales by itself, so anything but 1 hurts", 1.0, 0.001
    )

    @model_validator(mode="before")
    @classmethod
    def _fill_in_the_preset(cls, fields: Any) -> Any:
        preset = fields.get("preset", "none") if isinstance(fields, dict) else None
        return AUGMENTATIONS[preset] | fields if isinstance(preset, str) and preset in AUGMENTATIONS else fields

    @property
    def changes(self) -> dict[str, float]:
        """The augmentations that are on: field name to strength."""
        strengths = {n: getattr(self, n) for n, field in type(self).model_fields.items() if field.annotation is float}
        return {n: value for n, value in strengths.items() if value != type(self).model_fields[n].default}

    @model_validator(mode="after")
    def _copies_need_a_change(self) -> Self:
        if self.copies and not self.changes:
            raise ValueError("copies need a preset other than none, or an augmentation that is on")
        return self


class Recipe(Part):
    """Everything that decides a training run."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="short name, for the run")
    title: str = Field("", description="name for people, for the card")
    description: str = Field("", description="what it is for, and the result to expect")
    data: Data
    rulebook: str = Field("default", description="rulebook that says which classes are recycling")
    network: Network = Network()
    augmentation: Augmentation = Augmentation()
    stages: tuple[Stage, ...] = Field((Stage(),), min_length=1, max_length=10, description="stages, one after another")
    emphasis: dict[str, Annotated[float, Field(ge=1, le=10)]] = Field(
        {}, description="class to how many times as much a photo of it counts in training as one of another class"
    )
    device: Literal["auto", "cpu", "gpu"] = Field("auto", description="where to train; auto: a GPU where there is one")
    mixed_precision: bool = Field(
        False,
        description="compute in 16-bit floats what allows it: for GPUs and CPUs with AVX-512 BF16 or AMX; else slow",
    )
    masked_prior: bool = Field(
        False,
        description="softmax over the classes of the photo's own source, plus the log of their shares",
    )
    source_shift: float = Field(
        0.0,
        ge=0,
        le=3,
        description="most that a photo is moved towards another source, as a share of the way between the two",
    )
    calibration: Literal["validation", "left_out_source"] = Field(
        "validation", description="photos that set temperature and thresholds; left_out_source: each source in turn"
    )
    seed: int = Field(0, ge=0, description="seed of weights, batches and augmentation")

    @model_validator(mode="after")
    def _first_weights_are_not_kept(self) -> Self:
        if self.stages[0].start_share:
            raise ValueError("start_share needs a stage before: the weights that the first one begins with say nothing")
        return self


def parse_recipe(text: str, origin: str = "the recipe") -> Recipe:
    """A recipe from YAML text. Raises RecipeError naming the field, what it holds and what it should hold."""
    return recipe_of(read_fields(text, origin), origin)


def read_fields(text: str, origin: str = "the recipe") -> Any:
    """What a YAML text holds, not yet checked. Raises RecipeError for what is no YAML."""
    try:
        return read_yaml(text)
    except yaml.YAMLError as problem:
        raise RecipeError(f"{origin} is not valid YAML: {str(problem).splitlines()[0]}.") from problem


def recipe_of(content: Any, origin: str) -> Recipe:
    """A recipe from its fields. Raises RecipeError like `parse_recipe`."""
    if not isinstance(content, dict):
        raise RecipeError(f"{origin} is not a recipe: it should begin with keys such as name and data.")
    try:
        return Recipe.model_validate(content)
    except ValidationError as problem:
        raise RecipeError(f"{origin}: {'; '.join(_explain(error) for error in problem.errors())}.") from problem


def load_recipe(path: Path) -> Recipe:
    """A recipe from a YAML file. Raises RecipeError."""
    return parse_recipe(read_file(path), path.name)


def read_file(path: Path) -> str:
    """The text of a recipe's file. Raises RecipeError."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise RecipeError(
            f"The recipe {path} cannot be read: name a YAML file such as recipes/household.yaml."
        ) from problem


def dump_recipe(recipe: Recipe) -> str:
    """The recipe as YAML text that `parse_recipe` takes back, every field written out."""
    return yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def _explain(error: Any) -> str:
    """One complaint of pydantic in the user's words, with the nearest right name for a mistyped key."""
    place = ".".join(str(step) for step in error["loc"])
    if error["type"] != "extra_forbidden":
        return f"{place or 'recipe'}: {error['msg'].removeprefix('Value error, ')} (it holds {error['input']!r:.60})"
    names = list(_fields_at(error["loc"][:-1]))
    near = get_close_matches(str(error["loc"][-1]), names, n=1)
    hint = f"did you mean “{near[0]}”" if near else f"known keys are {', '.join(names)}"
    return f"unknown key “{place}”; {hint}"


def _fields_at(steps: tuple[str | int, ...]) -> dict[str, Any]:
    """The fields of the part of a recipe that a path such as ("data", "sources", 0) leads to."""
    part: type[Part] = Recipe
    for step in steps:
        if isinstance(step, int):
            continue
        inner = part_of(part.model_fields[step].annotation)
        assert inner is not None  # noqa: S101 - pydantic found an unknown key inside it
        part = inner
    return part.model_fields


def part_of(kind: Any) -> type[Part] | None:
    """The part of a recipe that a field of this type holds, alone or several; None for a plain value."""
    found = (one for one in (kind, *get_args(kind)) if isinstance(one, type) and issubclass(one, Part))
    return next(found, None)
