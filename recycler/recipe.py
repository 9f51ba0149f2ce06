"""A recipe: everything that decides a training run, as one checked YAML file."""

from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from recycler.errors import RecipeError


class Part(BaseModel):
    """Base of all parts of a recipe: frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(Part):
    """One source of photos and what is taken from it."""

    name: str = Field(
        description="cifar100, trashnet, garbage, home, or the path of a zip or folder with a folder a class"
    )
    per_class: int | None = Field(None, ge=1, description="training photos a class, None for all")
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
    shape: Literal["shared", "separate", "multi_hot"] = Field(
        "shared", description="one trunk and two branches, a trunk for each output, or one output of C + 1"
    )
    hidden: tuple[int, ...] = Field((), description="units of the dense layers before each output")
    batch_norm: bool = Field(True, description="batch norm on the pooled features")
    dropout: float = Field(0.2, ge=0, lt=1, description="share of features dropped in training")
    flip: bool = Field(False, description="average the pooled features of the photo and its mirror image")
    outputs: tuple[Literal["coarse"], ...] = Field((), description="further outputs: coarse, CIFAR-100's superclasses")


class Stage(Part):
    """One stage of training. For now the backbone stays frozen: feature extraction."""

    method: Literal["feature_extraction"] = "feature_extraction"
    epochs: int = Field(60, ge=1, le=1000, description="most epochs")
    batch_size: int = Field(128, ge=1, le=4096, description="photos a step")
    learning_rate: float = Field(1e-3, gt=0, le=1, description="peak learning rate")
    schedule: Literal["constant", "cosine", "plateau"] = Field("cosine", description="how the learning rate falls")
    weight_decay: float = Field(0.0, ge=0, le=1, description="decoupled weight decay (AdamW)")
    label_smoothing: float = Field(0.0, ge=0, lt=1, description="share of each label spread over its source's classes")
    patience: int | None = Field(
        10, ge=1, description="epochs without a better validation loss before stopping, None: never"
    )
    recycling_weight: float = Field(0.3, ge=0, le=10, description="weight of the recycling output's loss")
    coarse_weight: float = Field(0.3, ge=0, le=10, description="weight of the superclass output's loss")


class Augmentation(Part):
    """What is done to training photos, never to validation or test photos."""

    preset: str = Field("none", description="none or phone")
    copies: int = Field(0, ge=0, le=20, description="augmented copies a training photo, beside the plain one")

    @model_validator(mode="after")
    def _copies_need_a_preset(self) -> Self:
        if self.copies and self.preset == "none":
            raise ValueError("copies need a preset other than none")
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
    stages: tuple[Stage, ...] = Field((Stage(),), min_length=1, max_length=1, description="stages, one after another")
    masked_prior: bool = Field(
        False,
        description="softmax over the classes of the photo's own source, plus the log of their shares",
    )
    source_shift: float = Field(
        0.0,
        ge=0,
        le=3,
        description="most that an embedding is moved towards another source, as a share of the way between the two",
    )
    calibration: Literal["validation", "left_out_source"] = Field(
        "validation", description="photos that set temperature and thresholds; left_out_source: each source in turn"
    )
    seed: int = Field(0, ge=0, description="seed of weights, batches and augmentation")


def parse_recipe(text: str, origin: str = "the recipe") -> Recipe:
    """A recipe from YAML text. Raises RecipeError naming the field, what it holds and what it should hold."""
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as problem:
        raise RecipeError(f"{origin} is not valid YAML: {str(problem).splitlines()[0]}.") from problem
    if not isinstance(content, dict):
        raise RecipeError(f"{origin} is not a recipe: it should begin with keys such as name and data.")
    try:
        return Recipe.model_validate(content)
    except ValidationError as problem:
        raise RecipeError(f"{origin}: {'; '.join(_explain(error) for error in problem.errors())}.") from problem


def load_recipe(path: Path) -> Recipe:
    """A recipe from a YAML file. Raises RecipeError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise RecipeError(
            f"The recipe {path} cannot be read: name a YAML file such as recipes/household.yaml."
        ) from problem
    return parse_recipe(text, path.name)


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
        annotation: Any = part.model_fields[step].annotation
        part = next(
            t for t in (annotation, *getattr(annotation, "__args__", ())) if isinstance(t, type) and issubclass(t, Part)
        )
    return part.model_fields
