"""Render the sample photos of the Classify page: everyday things on a table, as a phone would see them.

Run with Blender 5.0 as a Python module (Python 3.11, in an environment of its own: uv pip install bpy==5.0.1); no
graphics card is needed:

    python samples/render.py                        # every photo, one or two minutes each
    python samples/render.py banana drinks-can      # only these
    python samples/render.py --width 320 banana     # a quick look

Photos are written beside this script as JPEG without metadata. Shapes and materials are computed (folder
studio) and nothing is loaded from elsewhere, so the photos are wholly this project's own.

Lengths are centimetres unless a name says otherwise; Blender itself is given metres. The table top is z = 0, the
camera stands at negative y, and the window is on the left.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import bpy
import numpy as np

# isort: split
from mathutils import Matrix, Vector  # importable once bpy is
from studio import things
from studio.materials import CM, oak, plaster, rgba, tiles, white_table, worktop

FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Shot:
    """A photo to take: what stands on which table, and how the phone is held (centimetres, degrees)."""

    build: Callable[[], None]
    table: Callable[[], bpy.types.Material]
    wall: Callable[[], bpy.types.Material]
    aim: float  # height above the table that the phone points at
    distance: float
    down: float  # how far the phone looks down
    roll: float = 0.0


SHOTS: dict[str, Shot] = {
    "banana": Shot(things.banana, white_table, plaster, 1.0, 22, 46, 2),
    "batteries": Shot(things.batteries, oak, plaster, 1.7, 12, 40, -2),
    "cardboard-box": Shot(things.cardboard_box, oak, plaster, 9, 70, 32, 1),
    "crumpled-paper": Shot(things.crumpled_paper, oak, plaster, -1.0, 30, 58, -1),
    "drinks-can": Shot(things.drinks_can, white_table, plaster, 5.8, 20, 22, 1),
    "glass-jar": Shot(things.glass_jar, worktop, tiles, 5.8, 20, 17, -1.5),
    "plastic-bottle": Shot(things.plastic_bottle, worktop, tiles, 10.6, 33, 13, -1),
    "wine-bottle": Shot(things.wine_bottle, oak, plaster, 14.6, 43, 12, 1),
}


def lamp(place: Sequence[float], size: tuple[float, float], watts: float, colour: str) -> None:
    """Hang a rectangular light (place in centimetres) that shines at the table's middle."""
    light = bpy.data.lights.new("lamp", "AREA")
    light.shape, light.size, light.size_y = "RECTANGLE", size[0] * CM, size[1] * CM
    light.energy, light.color = watts, rgba(colour)[:3]
    thing = bpy.data.objects.new("lamp", light)
    thing.location = Vector(place) * CM
    thing.rotation_euler = (-thing.location).to_track_quat("-Z", "Y").to_euler()
    bpy.context.collection.objects.link(thing)


def furnish(shot: Shot) -> None:
    """Set up the room: table, wall, a window of four panes on the left, a warm lamp above, dim light all around."""
    for material, size, place, tilt in (
        (shot.table(), (300, 160), (0, 0, 0), 0),
        (shot.wall(), (600, 400), (0, 75, 0), 90),
    ):
        bpy.ops.mesh.primitive_plane_add(size=1.0)
        plane = bpy.context.object
        plane.data.transform(Matrix.Diagonal((size[0] * CM, size[1] * CM, 1, 1)))
        plane.data.materials.append(material)
        plane.location = Vector(place) * CM
        plane.rotation_euler.x = math.radians(tilt)
    for across in (-28, 28):
        for up in (70, 135):
            lamp((-130, -30 + across, up), (48, 58), 12.0, "#f2f6ff")
    lamp((40, -40, 190), (60, 60), 5.0, "#ffe2bd")
    world = bpy.context.scene.world = bpy.data.worlds.new("room")
    background = world.node_tree.nodes["Background"]
    background.inputs["Color"].default_value = rgba("#e8dccb")
    background.inputs["Strength"].default_value = 0.35


def hold_phone(shot: Shot) -> None:
    """Place the camera: a phone's main lens, whose small sensor keeps most of the thing sharp."""
    camera = bpy.data.cameras.new("phone")
    camera.sensor_width, camera.lens = 6.4, 5.6  # mm, as a 32 mm lens on film: one step closer than the widest
    camera.clip_start = 0.01
    camera.dof.use_dof = True
    camera.dof.focus_distance = shot.distance * 0.95 * CM
    camera.dof.aperture_fstop = 1.1  # a little wider than phones have, for the soft background that they imitate
    thing = bpy.data.objects.new("phone", camera)
    down = math.radians(shot.down)
    target = Vector((0, 0, shot.aim * CM))
    thing.location = target + shot.distance * CM * Vector((0, -math.cos(down), math.sin(down)))
    straight = (target - thing.location).to_track_quat("-Z", "Y").to_matrix()
    thing.rotation_euler = (straight @ Matrix.Rotation(math.radians(shot.roll), 3, "Z")).to_euler()
    bpy.context.collection.objects.link(thing)
    bpy.context.scene.camera = thing


def develop(raw: Path, photo: Path) -> None:
    """Darken the corners as small lenses do, add the grain of a small sensor, and save as JPEG without metadata."""
    image = bpy.data.images.load(str(raw))
    width, height = image.size
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    colours = pixels.reshape(height, width, 4)[..., :3]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    colours *= 1 - 0.16 * (x**2 + y**2)[..., None] ** 1.5 / 2
    colours += np.random.default_rng(0).normal(0, 0.006, (height, width, 1))
    image.pixels.foreach_set(pixels.clip(0, 1))
    image.file_format = "JPEG"
    image.save(filepath=str(photo), quality=85)


def take(name: str, width: int, samples: int, folder: Path) -> None:
    """Render one photo of SHOTS to folder/name.jpg, `width` by three quarters of it."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene, shot = bpy.context.scene, SHOTS[name]
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising, scene.cycles.denoiser = samples, True, "OPENIMAGEDENOISE"
    scene.cycles.max_bounces, scene.cycles.diffuse_bounces, scene.cycles.glossy_bounces = 20, 3, 4
    scene.cycles.transmission_bounces, scene.cycles.transparent_max_bounces = 20, 20
    scene.cycles.adaptive_threshold = 0.04
    scene.cycles.caustics_reflective = scene.cycles.caustics_refractive = False
    scene.render.resolution_x, scene.render.resolution_y = width, width * 3 // 4
    scene.view_settings.view_transform, scene.view_settings.look = "Filmic", "Medium High Contrast"
    scene.render.image_settings.file_format = "PNG"
    for option in dir(scene.render):
        if option.startswith("use_stamp"):  # each would be written into the file as metadata
            setattr(scene.render, option, False)
    furnish(shot)
    shot.build()
    hold_phone(shot)
    with TemporaryDirectory() as temporary:
        raw = Path(temporary) / "raw.png"
        scene.render.filepath = str(raw)
        bpy.ops.render.render(write_still=True)
        develop(raw, folder / f"{name}.jpg")


def main() -> None:
    parser = argparse.ArgumentParser(prog="render.py", description="Render the sample photos.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"which photos (all): {', '.join(SHOTS)}")
    parser.add_argument("--width", type=int, default=1024, help="pixels (%(default)s)")
    parser.add_argument("--samples", type=int, default=12, help="rays per pixel (%(default)s)")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the photos go (beside this script)")
    options = parser.parse_args()
    if unknown := set(options.names) - set(SHOTS):
        parser.error(f"no such photo: {', '.join(sorted(unknown))}; there are {', '.join(SHOTS)}")
    for name in options.names or SHOTS:
        take(name, options.width, options.samples, options.folder)


if __name__ == "__main__":
    main()
