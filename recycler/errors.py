"""Every problem that a user can cause or mend, as one tree.

    RecyclerError
    ├── PhotoError        bytes that cannot become a photo
    ├── RulebookError     a rulebook that cannot be used
    ├── ModelError        a shelf model that is missing, damaged or dishonest
    ├── DatasetError      a data set that is missing, empty or unsafe
    ├── RecipeError       a recipe with a wrong key or value
    ├── PredictionsError  a predictions table that is none, or contradicts itself
    ├── RunError          a run that is missing or not ready
    ├── TrainingError     a training that cannot go on
    ├── BatchError        a batch of photos that cannot go on
    ├── HomeError         a home folder, or a backup of one, that cannot be used
    ├── StoreError        a run store that does not answer
    ├── ExportError       a network whose LiteRT copy does not agree with it
    └── AccessError       something that whoever asks may not do here

The message of each is one or two sentences for the user: what arrived, what was expected, what to do next.
Pages and the command line show it as it is; anything else is a bug and keeps its traceback.
"""


class RecyclerError(Exception):
    """A problem that the user can mend; its text is written for them."""


class PhotoError(RecyclerError):
    """Bytes that cannot become a photo."""


class RulebookError(RecyclerError):
    """A rulebook that cannot be used."""


class ModelError(RecyclerError):
    """A shelf model that is missing, damaged or dishonest."""


class DatasetError(RecyclerError):
    """A data set that is missing, empty or unsafe."""


class RecipeError(RecyclerError):
    """A recipe with a wrong key or value."""


class PredictionsError(RecyclerError):
    """A predictions table that is none, or contradicts itself."""


class RunError(RecyclerError):
    """A run that is missing or not ready for what was asked."""


class TrainingError(RecyclerError):
    """A training that cannot go on."""


class BatchError(RecyclerError):
    """A batch of photos that cannot go on."""


class HomeError(RecyclerError):
    """A home folder, or a backup of one, that cannot be used."""


class StoreError(RecyclerError):
    """A run store that does not answer."""


class ExportError(RecyclerError):
    """A network whose LiteRT copy does not agree with it."""


class AccessError(RecyclerError):
    """Something that whoever asks may not do here."""
