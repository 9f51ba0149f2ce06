"""Shapes: surfaces of revolution, labels and lettering wrapped around them, sheets of board, and how to place them.

Lengths are centimetres; Blender itself is given metres. Upright things stand on z = 0 about the z axis and show their
front to negative y, where the camera is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import bpy

# isort: split
import bmesh  # importable once bpy is
from mathutils import Euler, Matrix, Vector

from studio.materials import CM, paint

SEGMENTS = 48  # around a surface of revolution, before subdivision

Profile = Sequence[tuple[float, float]]  # (radius, height), from the bottom up


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
    """Print text (a line `size` high) on an upright round thing: around it at a height, or upward about it."""
    shape = letters(text, size)
    for vertex in shape.verts:
        across, along = (0.35 * size * CM - vertex.co.y, vertex.co.x) if upward else vertex.co.xy
        angle = across / (radius * CM)
        vertex.co = (radius * CM * math.sin(angle), -radius * CM * math.cos(angle), along + height * CM)
    return finish(shape, paint(ink, roughness=0.4))


def board(width: float, depth: float, faces: bpy.types.Material, edges: bpy.types.Material) -> bpy.types.Object:
    """Make a sheet of corrugated board, 0.4 cm thick, lying on z = 0, its near edge along the x axis as a hinge."""
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
