"""What CIFAR-100 shares with ImageNet, written by hand; and how probabilities of classes that mean the same add up.

`class_mapping.py` says which class of a model a class of photos counts as; here the classes of a network are merged
into those of photos that are told less finely.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# Class of CIFAR-100 to the places of ImageNet's classes (ILSVRC 2012) that are the same thing or a kind of it: the 54
# that the thesis lists (recycler.datasets.cifar100). Kinds of a thing count as the thing: 16 snakes are a snake.
IMAGENET: dict[str, tuple[int, ...]] = {
    "apple": (948,),  # Granny Smith
    "aquarium_fish": (1, 392, 393, 396),  # goldfish, rock beauty, anemone fish, lionfish
    "bear": (294, 295, 296, 297),
    "bee": (309,),
    "beetle": (300, 301, 302, 303, 304, 305, 306, 307),
    "bicycle": (444, 671),  # built for two, mountain bike
    "bottle": (440, 720, 737, 898, 907),  # beer, pills, pop, water, wine
    "bowl": (659, 809),  # for mixing, for soup
    "bridge": (821, 839, 888),  # steel arch bridge, suspension bridge, viaduct
    "bus": (654, 779, 874),  # minibus, school bus, trolleybus
    "butterfly": (321, 322, 323, 324, 325, 326),
    "camel": (354,),
    "clock": (409, 530, 892),  # analog, digital, on a wall
    "couch": (831,),  # studio couch
    "crab": (118, 119, 120, 121, 125),
    "crocodile": (49, 50),  # the African crocodile and the American alligator
    "cup": (504, 968),  # coffee mug, cup
    "elephant": (101, 385, 386),  # tusker, Indian, African
    "fox": (277, 278, 279, 280),
    "keyboard": (508, 878),  # of a computer, of a typewriter
    "lamp": (619, 846),  # lampshade, table lamp
    "leopard": (288, 289),
    "lion": (291,),
    "lizard": (38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48),
    "lobster": (122, 123),
    "mushroom": (947, 992, 993, 994, 995, 996, 997),  # mushroom, agaric, gyromitra, stinkhorn, earthstar, ...
    "orange": (950,),
    "otter": (360,),
    "pickup_truck": (717,),
    "plate": (923,),
    "poppy": (),  # ImageNet's 1,000 classes have no poppy, though the thesis lists it
    "porcupine": (334,),
    "rabbit": (330, 331, 332),
    "ray": (5, 6),
    "shark": (2, 3, 4),
    "skunk": (361,),
    "snail": (113,),
    "snake": tuple(range(52, 69)),
    "spider": (72, 73, 74, 75, 76, 77),
    "squirrel": (335,),
    "streetcar": (829,),
    "sweet_pepper": (945,),  # bell pepper
    "table": (532,),  # dining table
    "tank": (847,),
    "telephone": (487, 528, 707),  # cellular, with a dial, pay-phone
    "television": (851,),
    "tiger": (292,),
    "tractor": (866,),
    "train": (466, 547, 820),  # bullet train, electric locomotive, steam locomotive
    "turtle": (33, 34, 35, 36, 37),
    "wardrobe": (894,),
    "whale": (147, 148),
    "wolf": (269, 270, 271),
    "worm": (110, 111),  # flatworm, nematode
}


def imagenet_names() -> tuple[str, ...]:
    """A name for each of ImageNet's 1,000 classes: the class of CIFAR-100 that it is, or its number."""
    named = {place: name for name, places in IMAGENET.items() for place in places}
    return tuple(named.get(place, f"ImageNet {place}") for place in range(1000))


def merge(
    probabilities: Floats, classes: Sequence[str], same: Mapping[str, str] | None = None
) -> tuple[Floats, tuple[str, ...]]:
    """Probabilities (N, C) summed over classes of one name, (N, D), and the D names in the order of `classes`.

    classes: C names. same: class to the name that it counts as; those that it lacks keep theirs.
    """
    names = [(same or {}).get(name, name) for name in classes]
    left = tuple(dict.fromkeys(names))
    place = {name: i for i, name in enumerate(left)}
    sums = np.zeros((len(names), len(left)), np.float32)
    sums[np.arange(len(names)), [place[name] for name in names]] = 1
    return np.asarray(probabilities @ sums, np.float32), left
