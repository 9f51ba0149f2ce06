"""Render the sample photos of the Classify page: everyday things on a table, as a phone would see them.

Run with Blender 5.0 as a Python module (Python 3.11, in an environment of its own: uv pip install bpy==5.0.1); no
graphics card is needed:

    python samples/render.py                        # every photo, one or two minutes each
    python samples/render.py banana drinks-can      # only these
    python samples/render.py --width 320 banana     # a quick look

Photos are written beside this script as JPEG without metadata. Shapes are surfaces of revolution or small meshes built
here, materials are procedural, and nothing is loaded from elsewhere, so the photos are wholly this project's own.

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
from numpy.typing import NDArray

# isort: split
import bmesh  # bpy makes these two importable
from mathutils import Euler, Matrix, Vector

CM = 0.01  # metres in a centimetre
FOLDER = Path(__file__).resolve().parent
SEGMENTS = 48  # around a surface of revolution, before subdivision

Profile = Sequence[tuple[float, float]]  # (radius, height), from the bottom up


# --- Materials ----------------------------------------------------------------------------------------------------


def rgba(colour: str) -> tuple[float, float, float, float]:
    """Turn "#rrggbb" (sRGB) into the linear colour that Blender expects."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return red, green, blue, 1.0


def paint(colour: str, roughness: float = 0.5, metallic: float = 0.0, **weights: float) -> bpy.types.Material:
    """Make an opaque material; further inputs are weights in the Principled shader, e.g. Coat=1.0."""
    material = bpy.data.materials.new("paint")
    shader = material.node_tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = rgba(colour)
    shader.inputs["Roughness"].default_value = roughness
    shader.inputs["Metallic"].default_value = metallic
    for layer, weight in weights.items():
        shader.inputs[f"{layer} Weight"].default_value = weight
    return material


def glass(colour: str, ior: float = 1.5, roughness: float = 0.0) -> bpy.types.Material:
    """Make a clear material whose shadow is tinted, not black: Cycles traces no caustics through it in time."""
    material = paint(colour, roughness, Transmission=1.0)
    tree = material.node_tree
    tree.nodes["Principled BSDF"].inputs["IOR"].default_value = ior
    path, shadow, mix = (tree.nodes.new(f"ShaderNode{kind}") for kind in ("LightPath", "BsdfTransparent", "MixShader"))
    shadow.inputs["Color"].default_value = rgba(colour)
    tree.links.new(path.outputs["Is Shadow Ray"], mix.inputs["Fac"])
    tree.links.new(tree.nodes["Principled BSDF"].outputs["BSDF"], mix.inputs[1])
    tree.links.new(shadow.outputs["BSDF"], mix.inputs[2])
    tree.links.new(mix.outputs["Shader"], tree.nodes["Material Output"].inputs["Surface"])
    return material


def noise_field(
    material: bpy.types.Material, grain: float, stretch: tuple[float, float, float]
) -> bpy.types.NodeSocket:
    """Add a noise of about `grain` centimetres, drawn out along each axis by `stretch`; its values are within 0-1."""
    tree = material.node_tree
    place, mapping, field = (tree.nodes.new(f"ShaderNode{kind}") for kind in ("TexCoord", "Mapping", "TexNoise"))
    mapping.inputs["Scale"].default_value = [1 / (grain * CM * factor) for factor in stretch]
    field.inputs["Scale"].default_value = 1.0
    field.inputs["Detail"].default_value = 4.0
    tree.links.new(place.outputs["Object"], mapping.inputs["Vector"])
    tree.links.new(mapping.outputs["Vector"], field.inputs["Vector"])
    return field.outputs["Fac"]


def cover(material: bpy.types.Material, colour: str, amount: bpy.types.NodeSocket) -> None:
    """Lay `colour` over what the material has so far, where `amount` is near 1."""
    tree = material.node_tree
    base = tree.nodes["Principled BSDF"].inputs["Base Color"]
    mix = tree.nodes.new("ShaderNodeMixRGB")
    mix.inputs["Color1"].default_value = base.default_value
    mix.inputs["Color2"].default_value = rgba(colour)
    if base.links:
        tree.links.new(base.links[0].from_socket, mix.inputs["Color1"])
    tree.links.new(amount, mix.inputs["Fac"])
    tree.links.new(mix.outputs["Color"], base)


def ramp(material: bpy.types.Material, value: bpy.types.NodeSocket, start: float, end: float) -> bpy.types.NodeSocket:
    """Rise from 0 to 1 as `value` goes from `start` to `end` (which may be the smaller)."""
    node = material.node_tree.nodes.new("ShaderNodeMapRange")
    node.inputs["From Min"].default_value = start
    node.inputs["From Max"].default_value = end
    material.node_tree.links.new(value, node.inputs["Value"])
    return node.outputs["Result"]


def stain(
    material: bpy.types.Material,
    colour: str,
    grain: float,
    start: float,
    end: float,
    stretch: tuple[float, float, float] = (1, 1, 1),
) -> None:
    """Cover the material with blotches of `colour`, where a noise rises from `start` to `end`."""
    cover(material, colour, ramp(material, noise_field(material, grain, stretch), start, end))


def fade(material: bpy.types.Material, colour: str, axis: str, start: float, end: float) -> None:
    """Cover the material with `colour` towards `end` of the object's bounding box (0-1 along `axis`)."""
    tree = material.node_tree
    place, split = tree.nodes.new("ShaderNodeTexCoord"), tree.nodes.new("ShaderNodeSeparateXYZ")
    tree.links.new(place.outputs["Generated"], split.inputs["Vector"])
    cover(material, colour, ramp(material, split.outputs[axis], start, end))


def bump(
    material: bpy.types.Material, grain: float, height: float, stretch: tuple[float, float, float] = (1, 1, 1)
) -> None:
    """Make the surface uneven by about `height` centimetres."""
    tree = material.node_tree
    node = tree.nodes.new("ShaderNodeBump")
    node.inputs["Distance"].default_value = height * CM
    tree.links.new(noise_field(material, grain, stretch), node.inputs["Height"])
    tree.links.new(node.outputs["Normal"], tree.nodes["Principled BSDF"].inputs["Normal"])


def oak() -> bpy.types.Material:
    material = paint("#b58a5c", roughness=0.42)
    stain(material, "#8a6038", 3.0, 0.4, 0.75, stretch=(12, 1, 1))
    stain(material, "#d0a878", 0.8, 0.45, 0.8, stretch=(25, 1, 1))
    stain(material, "#5e3f22", 0.3, 0.6, 0.75, stretch=(30, 1, 1))
    stain(material, "#6e4b2a", 0.06, 0.58, 0.7, stretch=(14, 1, 1))
    bump(material, 0.3, 0.02, stretch=(20, 1, 1))
    return material


def worktop() -> bpy.types.Material:
    material = paint("#c9c6c0", roughness=0.3)
    stain(material, "#8f8b84", 0.25, 0.56, 0.62)
    stain(material, "#f0eeea", 0.18, 0.58, 0.64)
    stain(material, "#4c4a47", 0.12, 0.66, 0.7)
    return material


def white_table() -> bpy.types.Material:
    material = paint("#ece9e3", roughness=0.35)
    stain(material, "#e0dcd3", 14.0, 0.4, 0.7)
    bump(material, 0.4, 0.006)
    return material


def plaster() -> bpy.types.Material:
    material = paint("#d6cfc2", roughness=0.9)
    stain(material, "#c9c0b0", 25.0, 0.4, 0.7)
    bump(material, 0.6, 0.08)
    return material


def tiles() -> bpy.types.Material:
    """White kitchen tiles, 15 by 7.5 cm with grey joints."""
    material = paint("#e6e4dd", roughness=0.12)
    tree = material.node_tree
    place, bricks, flip = (tree.nodes.new(f"ShaderNode{kind}") for kind in ("TexCoord", "TexBrick", "Bump"))
    for socket, value in {"Scale": 1.0, "Brick Width": 0.15, "Row Height": 0.075, "Mortar Size": 0.002}.items():
        bricks.inputs[socket].default_value = value
    tree.links.new(place.outputs["Object"], bricks.inputs["Vector"])
    cover(material, "#9b968c", bricks.outputs["Fac"])
    flip.invert = True
    flip.inputs["Distance"].default_value = 0.15 * CM
    tree.links.new(bricks.outputs["Fac"], flip.inputs["Height"])
    tree.links.new(flip.outputs["Normal"], tree.nodes["Principled BSDF"].inputs["Normal"])
    return material


# --- Shapes -------------------------------------------------------------------------------------------------------


def put(mesh: bpy.types.Mesh, material: bpy.types.Material) -> bpy.types.Object:
    """Place a mesh in the scene, smoothly shaded."""
    thing = bpy.data.objects.new("thing", mesh)
    bpy.context.collection.objects.link(thing)
    mesh.materials.append(material)
    mesh.polygons.foreach_set("use_smooth", [True] * len(mesh.polygons))
    return thing


def skin(rings: Sequence[Sequence[Vector]], material: bpy.types.Material) -> bpy.types.Object:
    """Stretch a rounded surface over closed rings of equally many points; rings of no width close its ends."""
    around = len(rings[0])
    faces = [
        (row + side, row + (side + 1) % around, row + around + (side + 1) % around, row + around + side)
        for row in range(0, (len(rings) - 1) * around, around)
        for side in range(around)
    ]
    mesh = bpy.data.meshes.new("skin")
    mesh.from_pydata([point * CM for ring in rings for point in ring], [], faces)
    shape = bmesh.new()
    shape.from_mesh(mesh)
    bmesh.ops.remove_doubles(shape, verts=shape.verts, dist=1e-6)
    bmesh.ops.recalc_face_normals(shape, faces=shape.faces)
    thing = finish(shape, material)
    rounded = thing.modifiers.new("rounded", "SUBSURF")
    rounded.levels = rounded.render_levels = 2
    return thing


def lathe(profile: Profile, material: bpy.types.Material) -> bpy.types.Object:
    """Turn a profile about the vertical axis. Two points close together make a crisp edge."""
    angles = [2 * math.pi * step / SEGMENTS for step in range(SEGMENTS)]
    return skin([[Vector((r * math.cos(a), r * math.sin(a), z)) for a in angles] for r, z in profile], material)


def hollow(profile: Profile, wall: float) -> list[tuple[float, float]]:
    """Give an open vessel's outer profile an inside, `wall` centimetres thick, so that light bends as in glass."""
    inside = [(max(r - wall, 0.0), max(z, profile[0][1] + 2 * wall)) for r, z in reversed(profile)]
    return [*profile, *inside]


def sheet(radius: float, low: float, high: float, degrees: float, material: bpy.types.Material) -> bpy.types.Object:
    """Wrap a label around an upright thing, facing the camera and `degrees` wide."""
    steps = 64
    angles = [math.radians(degrees * (step / steps - 0.5)) for step in range(steps + 1)]
    points = [(radius * math.sin(a) * CM, -radius * math.cos(a) * CM, z * CM) for z in (low, high) for a in angles]
    mesh = bpy.data.meshes.new("label")
    mesh.from_pydata(points, [], [(i, i + 1, i + steps + 2, i + steps + 1) for i in range(steps)])
    return put(mesh, material)


def letters(text: str, size: float) -> bmesh.types.BMesh:
    """Write text flat on z = 0, centred on x = 0, in faces so small that they can be bent (the caller frees it)."""
    curve = bpy.data.curves.new("text", "FONT")
    curve.body, curve.size, curve.align_x, curve.offset = text, size * CM, "CENTER", 0.012 * size * CM
    shape = bmesh.new()
    shape.from_mesh(bpy.data.meshes.new_from_object(bpy.data.objects.new("text", curve)))
    bmesh.ops.triangulate(shape, faces=shape.faces)
    for _ in range(2):
        bmesh.ops.subdivide_edges(shape, edges=shape.edges, cuts=1, use_grid_fill=True)
    return shape


def finish(shape: bmesh.types.BMesh, material: bpy.types.Material) -> bpy.types.Object:
    """Place a shape in the scene and free it."""
    mesh = bpy.data.meshes.new("shape")
    shape.to_mesh(mesh)
    shape.free()
    return put(mesh, material)


def lettering(text: str, size: float, radius: float, height: float, ink: str, upward: bool = False) -> bpy.types.Object:
    """Print text (a line `size` high) on an upright round thing, around it at a height or upward about that height."""
    shape = letters(text, size)
    for vertex in shape.verts:
        across, along = (0.35 * size * CM - vertex.co.y, vertex.co.x) if upward else vertex.co.xy
        angle = across / (radius * CM)
        vertex.co = (radius * CM * math.sin(angle), -radius * CM * math.cos(angle), along + height * CM)
    return finish(shape, paint(ink, roughness=0.4))


def board(width: float, depth: float, faces: bpy.types.Material, edges: bpy.types.Material) -> bpy.types.Object:
    """Make a sheet of corrugated board, 0.4 cm thick, lying on z = 0 with its near edge along the x axis, as a hinge."""
    shape = bmesh.new()
    bmesh.ops.create_cube(shape, size=1.0)
    for vertex in shape.verts:
        x, y, z = vertex.co
        vertex.co = (x * width * CM, (y + 0.5) * depth * CM, z * 0.4 * CM)
    for face in shape.faces:
        face.material_index = int(abs(face.normal.z) < 0.5)
    thing = finish(shape, faces)
    thing.data.materials.append(edges)
    thing.data.polygons.foreach_set("use_smooth", [False] * len(thing.data.polygons))
    bevel = thing.modifiers.new("worn", "BEVEL")
    bevel.width = 0.06 * CM
    return thing


def group(
    things: Sequence[bpy.types.Object], turn: float = 0.0, tilt: float = 0.0, at: Sequence[float] = (0, 0, 0)
) -> None:
    """Tip things over by `tilt` about the x axis, turn them about the vertical (degrees), and move them to `at`."""
    place = (
        Matrix.Translation(Vector(at) * CM) @ Euler((math.radians(tilt), 0, math.radians(turn))).to_matrix().to_4x4()
    )
    for thing in things:
        thing.matrix_world = place @ thing.matrix_world


# --- Things -------------------------------------------------------------------------------------------------------


def green_glass_bottle() -> None:
    outside = [
        (0, 0.7),
        (2.0, 0.5),
        (3.3, 0.0),
        (3.7, 0.1),
        (3.8, 0.6),
        (3.8, 8),
        (3.8, 16.5),
        (3.7, 18.2),
        (2.9, 20.3),
    ]
    outside += [
        (1.8, 21.8),
        (1.45, 23.5),
        (1.4, 27.6),
        (1.4, 28),
        (1.65, 28.1),
        (1.65, 28.9),
        (1.4, 29.1),
        (1.35, 30),
        (1.2, 30),
    ]
    label = paint("#e9e0c8", roughness=0.7)
    fade(label, "#7d1f2b", "Z", 0.9, 0.9001)
    fade(label, "#7d1f2b", "Z", 0.08, 0.0799)
    stain(label, "#d8cba8", 5.0, 0.5, 0.9)
    things = [
        lathe(hollow(outside, 0.3), glass("#2f7a3c")),
        sheet(3.84, 5.5, 13.5, 170, label),
        lettering("Reserve", 1.7, 3.87, 9.6, "#2b2320"),
        lettering("RED WINE", 0.8, 3.87, 8.0, "#7d1f2b"),
    ]
    group(things, turn=5)


def glass_jar() -> None:
    outside = [
        (0, 0.15),
        (2.6, 0.12),
        (3.2, 0.0),
        (3.7, 0.2),
        (3.9, 0.9),
        (3.9, 1.2),
        (3.9, 8.2),
        (3.85, 9.0),
        (3.3, 10.0),
        (3.1, 10.4),
    ]
    outside += [(3.1, 11.8), (3.0, 12.0), (2.9, 12.0)]
    lid = [(3.3, 10.6), (3.42, 10.6), (3.42, 10.8), (3.4, 11.9), (3.3, 12.2), (2.9, 12.25), (2.8, 12.12), (0, 12.12)]
    label = paint("#f2ead6", roughness=0.7)
    things = [
        lathe(hollow(outside, 0.25), glass("#f3faf6")),
        lathe(lid, paint("#b8922e", 0.28, 0.9)),
        sheet(3.94, 2.6, 7.2, 110, label),
        lettering("Apricot", 1.5, 3.97, 5.0, "#a8481c"),
        lettering("jam", 1.2, 3.97, 3.6, "#403020"),
    ]
    group(things, turn=-6)


def drinks_can() -> None:
    body = [
        (2.45, 0.3),
        (2.5, 0.4),
        (3.2, 1.1),
        (3.3, 1.6),
        (3.3, 2),
        (3.3, 10.2),
        (3.28, 10.5),
        (2.75, 11.5),
        (2.7, 11.7),
    ]
    ends = [
        (2.68, 11.65),
        (2.82, 11.75),
        (2.84, 12.0),
        (2.7, 12.08),
        (2.58, 11.95),
        (2.52, 11.5),
        (2.4, 11.45),
        (2.3, 11.6),
        (0, 11.6),
    ]
    foot = [(0, 0.9), (1.5, 0.8), (2.2, 0.1), (2.35, 0.0), (2.48, 0.3)]
    red = paint("#c4161c", 0.25, 0.35, Coat=0.6)
    fade(red, "#f4f1ea", "Z", 0.28, 0.279)
    fade(red, "#c4161c", "Z", 0.22, 0.219)
    fade(red, "#d9dadb", "Z", 0.04, 0.039)
    fade(red, "#d9dadb", "Z", 0.93, 0.931)
    metal = paint("#d4d5d8", 0.28, 1.0)
    bump(metal, 0.05, 0.003, stretch=(30, 1, 1))
    bpy.ops.mesh.primitive_torus_add(major_radius=0.7 * CM, minor_radius=0.17 * CM, location=(0, 0.75 * CM, 11.78 * CM))
    tab = bpy.context.object
    tab.scale = (1, 1.3, 0.5)
    tab.data.materials.append(metal)
    hole = [(0, 11.63), (0.85, 11.63)]
    mouth = lathe(hole, paint("#0c0b0b", 0.8))
    mouth.location.y = -1.25 * CM
    rivet = lathe([(0.32, 11.6), (0.3, 11.85), (0.2, 11.9), (0, 11.9)], metal)
    things = [lathe(body, red), lathe(ends, metal), lathe(foot, metal), tab, mouth, rivet]
    things += [lettering("Cola", 2.9, 3.33, 5.6, "#ffffff"), lettering("330 ml", 0.7, 3.33, 1.75, "#ffffff")]
    bpy.context.view_layer.update()
    group(things, turn=-4)


def cardboard_box() -> None:
    kraft = paint("#b08a5e", roughness=0.85)
    stain(kraft, "#9c7850", 6.0, 0.4, 0.8)
    stain(kraft, "#8a683f", 0.12, 0.6, 0.75, stretch=(4, 1, 1))
    bump(kraft, 0.7, 0.02, stretch=(0.6, 12, 1))
    edge = paint("#a27c50", roughness=0.95)
    stain(edge, "#4e3820", 0.3, 0.45, 0.55, stretch=(1, 1, 4))
    width, depth, height = 30.0, 22.0, 17.0
    sides = [  # (its width, flap's length, turn, flap's opening angle from upright)
        (width, 11.0, 0, 128),
        (depth, 11.0, 90, 100),
        (width, 11.0, 180, 62),
        (depth, 11.0, 270, 112),
    ]
    things = [board(width, depth, kraft, edge)]
    group(things, at=(0, -depth / 2, 0.2))
    for length, flap, turn, opening in sides:
        away = (depth if length == width else width) / 2
        side = [board(length, height, kraft, edge)]
        group(side, tilt=90, at=(0, -away, 0.2))
        lid = [board(length - 0.6, flap, kraft, edge)]
        group(lid, tilt=90 + opening, at=(0, -away - 0.1, height + 0.3))
        group(side + lid, turn=turn)
        things += side + lid
    mark = lettering("FRAGILE", 3.0, 1000, 7.5, "#4a2d22")
    line = lettering("this side up", 1.6, 1000, 5.2, "#4a2d22")
    group([mark, line], at=(-3, 1000 - depth / 2 - 0.24, 0))
    group([*things, mark, line], turn=32)


LETTER = """Dear neighbours,

on Saturday we are having a
little garden party and would
be glad to see you there.

It starts at three. There will
be cake, lemonade and music.

Please bring a chair and
your own cup, so that there is
no rubbish afterwards.

See you soon!"""


def crumpled_paper() -> None:
    """Make a letter, 15 by 21 cm, that was crumpled and smoothed out again."""
    white = paint("#f1efea", roughness=0.8)
    bump(white, 0.2, 0.004)
    page, text = bmesh.new(), letters(LETTER, 1.02)
    bmesh.ops.create_grid(page, x_segments=300, y_segments=420, size=0.5)
    for vertex in page.verts:
        vertex.co *= Vector((15, 21, 0)) * CM
    for vertex in text.verts:
        vertex.co.y += 8.0 * CM
    heights = [creases(np.array([vertex.co.xy for vertex in shape.verts]) / CM) for shape in (page, text)]
    lowest = heights[0].min()
    for shape, above, height in zip((page, text), (0.02, 0.04), heights, strict=True):
        for vertex, up in zip(shape.verts, height - lowest + above, strict=True):
            vertex.co.z = up * CM
    group([finish(page, white), finish(text, paint("#2c2e38", roughness=0.6))], turn=-14)


def creases(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give a crumpled sheet's height at each place (points, 2): flat facets between sharp folds, edges curling up."""
    chance = np.random.default_rng(5)
    height = 0.006 * (places**2).sum(axis=1)
    for _ in range(60):
        line = chance.normal(size=2)
        line /= np.linalg.norm(line)
        middle, reach = chance.uniform((-7, -10), (7, 10)), chance.uniform(1.0, 6)
        away, along = np.abs((places - middle) @ np.array([line, (-line[1], line[0])]).T).T
        ridge = reach - away - 0.4 * along
        height += chance.uniform(-0.16, 0.2) * np.maximum(ridge, 0)
    return height


def plastic_bottle() -> None:
    outside = [(0, 0.9), (1.2, 0.7), (2.2, 0.0), (2.9, 0.1), (3.2, 0.8), (3.25, 1.6)]
    for rib in range(4):
        outside += [(3.25, 2.2 + 1.5 * rib), (3.05, 2.6 + 1.5 * rib), (3.05, 2.8 + 1.5 * rib), (3.25, 3.2 + 1.5 * rib)]
    outside += [
        (3.2, 8.6),
        (3.15, 8.8),
        (3.15, 13.6),
        (3.25, 13.9),
        (3.25, 14.5),
        (3.0, 16.2),
        (2.2, 18.2),
        (1.4, 19.4),
    ]
    outside += [(1.25, 19.8), (1.6, 20.0), (1.6, 20.2), (1.25, 20.3), (1.2, 21.8), (1.1, 21.9)]
    cap = [(1.45, 20.45), (1.5, 20.5), (1.5, 21.9), (1.42, 22.1), (1.3, 22.12), (0, 22.12)]
    label = paint("#1f6fb8", roughness=0.35)
    fade(label, "#e9f3fa", "Z", 0.78, 0.781)
    fade(label, "#8cc7ea", "Z", 0.22, 0.219)
    pet = glass("#f4f9fc", ior=1.3)
    bump(pet, 1.6, 0.05)
    things = [
        lathe(hollow(outside, 0.05), pet),
        lathe(cap, paint("#1c5fb0", 0.35)),
        sheet(3.19, 8.9, 13.5, 359.9, label),
        lettering("aqua", 2.2, 3.22, 10.8, "#ffffff"),
        lettering("spring water", 0.7, 3.22, 9.2, "#ffffff"),
    ]
    group(things, turn=5)


def battery(turn: float, at: Sequence[float], upright: bool = False) -> None:
    shell = [(0.55, 0.05), (0.68, 0.05), (0.72, 0.12), (0.72, 0.3), (0.72, 4.6), (0.72, 4.8), (0.68, 4.9), (0.5, 4.9)]
    ends = [(0, 0), (0.5, 0), (0.6, 0.06), (0.6, 4.85), (0.3, 4.88), (0.27, 4.9), (0.26, 5.02), (0.2, 5.05), (0, 5.05)]
    wrap = paint("#1c6b3c", 0.3, 0.25, Coat=0.5)
    fade(wrap, "#e8e8e4", "Z", 0.735, 0.736)
    fade(wrap, "#d9a83a", "Z", 0.76, 0.761)
    steel = paint("#c8c9cb", 0.25, 1.0)
    cell = [
        lathe(shell, wrap),
        lathe(ends, steel),
        lettering("alkaline", 0.75, 0.725, 1.9, "#f4f4f0", upward=True),
        lettering("+", 0.7, 0.725, 4.05, "#2a2a28"),
    ]
    if not upright:
        group(cell, tilt=-90, at=(0, -2.5, 0.72))
    group(cell, turn=turn, at=at)


def batteries() -> None:
    battery(-64, (-1.3, 0.6, 0))
    battery(-82, (0.0, -1.7, 0))
    battery(15, (2.5, 1.4, 0), upright=True)


def banana() -> None:
    yellow = paint("#e8bf2c", roughness=0.45, Subsurface=0.05)
    stain(yellow, "#d8a820", 3.0, 0.4, 0.8)
    stain(yellow, "#6a4418", 0.35, 0.66, 0.7, stretch=(2, 1, 1))
    stain(yellow, "#7a5220", 1.4, 0.68, 0.74)
    fade(yellow, "#9aa032", "X", 0.86, 0.98)
    fade(yellow, "#3a2a16", "X", 0.035, 0.02)
    bump(yellow, 0.5, 0.01)
    widths = [(0.0, 0.0), (0.005, 0.35), (0.03, 0.5), (0.07, 1.0), (0.14, 1.45), (0.3, 1.8), (0.5, 1.9), (0.7, 1.75)]
    widths += [(0.82, 1.35), (0.88, 0.85), (0.93, 0.55), (0.985, 0.6), (1.0, 0.62), (1.001, 0.0)]
    rings = []
    for along, width in widths:
        bend = math.radians(-48 + 96 * along)
        centre, outward = (
            Vector((11 * math.sin(bend), 11 - 11 * math.cos(bend), 0)),
            Vector((math.sin(bend), -math.cos(bend), 0)),
        )
        ring = []
        for step in range(30):
            angle = 2 * math.pi * step / 30
            r = width * (1 + 0.07 * math.cos(5 * angle))
            ring.append(centre + r * math.cos(angle) * outward + r * math.sin(angle) * Vector((0, 0, 1)))
        rings.append(ring)
    group([skin(rings, yellow)], turn=200, at=(0, 0, 1.85))


# --- Studio -------------------------------------------------------------------------------------------------------


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
    "banana": Shot(banana, white_table, plaster, 1.0, 22, 46, 2),
    "batteries": Shot(batteries, oak, plaster, 1.7, 12, 40, -2),
    "cardboard-box": Shot(cardboard_box, oak, plaster, 9, 70, 32, 1),
    "crumpled-paper": Shot(crumpled_paper, oak, plaster, -1.0, 30, 58, -1),
    "drinks-can": Shot(drinks_can, white_table, plaster, 5.8, 20, 22, 1),
    "glass-jar": Shot(glass_jar, worktop, tiles, 5.8, 20, 17, -1.5),
    "green-glass-bottle": Shot(green_glass_bottle, oak, plaster, 14.6, 43, 12, 1),
    "plastic-bottle": Shot(plastic_bottle, worktop, tiles, 10.6, 33, 13, -1),
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
    look = (target - thing.location).to_track_quat("-Z", "Y").to_matrix() @ Matrix.Rotation(
        math.radians(shot.roll), 3, "Z"
    )
    thing.rotation_euler = look.to_euler()
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
