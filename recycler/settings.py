"""The one place for settings: environment variables with the prefix RECYCLER_, or a .env file."""

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from platformdirs import user_data_path
from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PROJECT = Path(__file__).resolve().parent.parent


def _addresses(given: object) -> object:
    return [part.strip().lower() for part in given.split(",") if part.strip()] if isinstance(given, str) else given


Addresses = Annotated[frozenset[str], NoDecode, BeforeValidator(_addresses)]


class Settings(BaseSettings):
    """Where things lie and how much is allowed. Print them with `python -m recycler doctor`."""

    model_config = SettingsConfigDict(env_prefix="RECYCLER_", env_file=".env", extra="ignore", frozen=True)

    data: Path | None = Field(None, description="folder of data sets: cifar100/, trashnet/, garbage/, home/")
    home: Path = Field(
        default_factory=lambda: user_data_path("recycler", appauthor=False),
        description="folder for runs, collected photos and caches",
    )
    models: Path = Field(PROJECT / "models", description="the shelf: one folder a model")
    rulebooks: Path = Field(PROJECT / "rulebooks", description="folder of rulebooks, one YAML file each")
    model: str = Field("household", description="the shelf model that answers when none is chosen")
    rulebook: str = Field("default", description="the rulebook that answers when none is chosen")
    photo_megabytes: int = Field(25, ge=1, le=500, description="largest photo file, in MB")
    photo_megapixels: int = Field(80, ge=1, le=500, description="largest photo, in millions of pixels")
    cache_gigabytes: int = Field(20, ge=0, le=10_000, description="most that kept activations take on disk, in GB")
    evaluations_kept: int = Field(
        50, ge=1, le=10_000, description="evaluations that are kept; those not looked at for longest go first"
    )
    tracking_uri: SecretStr | None = Field(  # it may hold a password
        None, description="MLflow server or database that runs are handed to; by default a file in the home folder"
    )
    log: Literal["text", "json"] = Field("text", description="what the web server logs: lines of text, or of JSON")
    executor: Literal["local", "ray"] = Field(
        "local", description="where trainings and batches run: on this machine, or on a Ray cluster"
    )
    ray_address: str = Field("http://127.0.0.1:8265", description="the Ray cluster's job server, its dashboard")
    threads: int = Field(2, ge=1, le=64, description="CPU threads for LiteRT when it works on many photos")
    auth: Literal["none", "oidc"] = Field(
        "none", description="how visitors sign in: not at all, or by OpenID Connect as .streamlit/secrets.toml says"
    )
    open: bool = Field(False, description="without sign-in, whether all who reach the app may do everything")
    members: Addresses = Field(
        frozenset(), description="who may teach and analyse: mail addresses, @domains or * with commas between them"
    )
    trainers: Addresses = Field(frozenset(), description="who may train and publish as well")
    admins: Addresses = Field(frozenset(), description="who may do everything")
    role_claim: str | None = Field(None, description="the claim of an identity that names its role here, if any")
    sign_in_hours: int = Field(24, ge=1, le=720, description="hours after which one has to sign in again")
    photos_a_minute: int = Field(
        60, ge=1, le=100_000, description="most photos that a visitor shows in a minute; admins have no limit"
    )
    retention_days: int | None = Field(
        None, ge=1, le=36_500, description="days after which photos, evaluations and drafts go by themselves"
    )

    @property
    def runs(self) -> Path:
        """One folder a run."""
        return self.home / "runs"

    @property
    def collected(self) -> Path:
        """Photos that were taught, one folder a class."""
        return self.home / "collected"

    @property
    def discarded(self) -> Path:
        """Collected photos that were thrown away, for a week."""
        return self.home / "discarded"

    @property
    def taught(self) -> Path:
        """What each model makes of the collected photos, one file a model."""
        return self.cache / "taught"

    @property
    def evaluations(self) -> Path:
        """What models said of data sets, one folder an evaluation."""
        return self.home / "evaluations"

    @property
    def published(self) -> Path:
        """A shelf of our own: runs as the models that publishing would make of them, to be evaluated."""
        return self.cache / "published"

    @property
    def own_rulebooks(self) -> Path:
        """Rules that were given on the Train page for classes that no rulebook knew."""
        return self.home / "rulebooks"

    @property
    def trash(self) -> Path:
        """Deleted runs, for a week."""
        return self.home / "trash"

    @property
    def drafts(self) -> Path:
        """Recipes that are being written."""
        return self.home / "drafts"

    @property
    def labels(self) -> Path:
        """Corrected labels, one file a data set."""
        return self.home / "labels"

    @property
    def uploads(self) -> Path:
        """Zips that visitors sent."""
        return self.home / "data" / "uploads"

    @property
    def audit(self) -> Path:
        """Who did what."""
        return self.home / "audit.jsonl"

    @property
    def cache(self) -> Path:
        """What can be computed again: features of frozen backbones, photo hashes."""
        return self.home / "cache"


@cache
def settings() -> Settings:
    """The settings of this process, read once.

    Raises pydantic.ValidationError when a variable holds a value out of range.
    """
    return Settings()
