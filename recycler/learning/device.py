"""Which device trains: the choice of a recipe, and what can be said about it."""

import keras

from recycler.errors import TrainingError
from recycler.processes import cores


def has_gpu() -> bool:
    """Whether Keras's backend sees a GPU."""
    return any("gpu" in name.lower() or "cuda" in name.lower() for name in keras.distribution.list_devices())


def use_device(choice: str) -> str:
    """Settle on "cpu" or "gpu" for this process, before anything is computed, and return which.

    choice: "auto", "cpu" or "gpu" (Recipe.device). On TensorFlow a GPU's memory is taken as it is needed, not whole.
    Raises TrainingError when a GPU is asked for and none is there.
    """
    if choice == "gpu" and not has_gpu():
        raise TrainingError("The recipe asks for a GPU and none is to be seen here: set device to auto or cpu.")
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
        if choice == "cpu":
            tf.config.set_visible_devices([], "GPU")
            return "cpu"
        for gpu in gpus:
            tf.config.experimental.set_memory_growth(gpu, True)
        if gpus:  # on a CPU the same operations give the same bits anyway
            tf.config.experimental.enable_op_determinism()
    return "gpu" if has_gpu() and choice != "cpu" else "cpu"


def device_name(device: str) -> str:
    """The device for people: "CPU, 2 cores", or a GPU's name where the backend tells it."""
    if device == "cpu":
        return f"CPU, {cores()} {'core' if cores() == 1 else 'cores'}"
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        details = tf.config.experimental.get_device_details(tf.config.list_physical_devices("GPU")[0])
        return str(details.get("device_name", "GPU"))
    return "GPU"


def jit_compile(device: str) -> str | bool:
    """Keras's `jit_compile`: on a CPU XLA made training of the last layers four times slower."""
    return "auto" if device == "gpu" else keras.backend.backend() == "jax"
