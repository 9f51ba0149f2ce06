"""The things themselves, each a function that puts one on the table about the origin. Lengths are centimetres."""

from __future__ import annotations

import math
from collections.abc import Sequence

import bpy
import numpy as np
from numpy.typing import NDArray

# isort: split
import bmesh  # importable once bpy is
from mathutils import Vector

from studio.materials import CM, bump, fade, glass, paint, stain
from studio.shapes import board, finish, group, hollow, lathe, lettering, letters, sheet, skin

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


def wine_bottle() -> None:
    body = [(0, 0.7), (2.0, 0.5), (3.3, 0.0), (3.7, 0.1), (3.8, 0.6), (3.8, 8), (3.8, 16.5), (3.7, 18.2)]
    neck = [(2.9, 20.3), (1.8, 21.8), (1.45, 23.5), (1.4, 27.6), (1.4, 28)]
    mouth = [(1.65, 28.1), (1.65, 28.9), (1.4, 29.1), (1.35, 30), (1.2, 30)]
    label = paint("#e9e0c8", roughness=0.7)
    fade(label, "#7d1f2b", "Z", 0.9, 0.9001)
    fade(label, "#7d1f2b", "Z", 0.08, 0.0799)
    stain(label, "#d8cba8", 5.0, 0.5, 0.9)
    things = [
        lathe(hollow(body + neck + mouth, 0.3), glass("#2f7a3c")),
        sheet(3.84, 5.5, 13.5, 170, label),
        lettering("Reserve", 1.7, 3.87, 9.6, "#2b2320"),
        lettering("RED WINE", 0.8, 3.87, 8.0, "#7d1f2b"),
    ]
    group(things, turn=5)


def glass_jar() -> None:
    body = [(0, 0.15), (2.6, 0.12), (3.2, 0.0), (3.7, 0.2), (3.9, 0.9), (3.9, 1.2), (3.9, 8.2), (3.85, 9.0)]
    neck = [(3.3, 10.0), (3.1, 10.4), (3.1, 11.8), (3.0, 12.0), (2.9, 12.0)]
    lid = [(3.3, 10.6), (3.42, 10.6), (3.42, 10.8), (3.4, 11.9), (3.3, 12.2), (2.9, 12.25), (2.8, 12.12), (0, 12.12)]
    label = paint("#f2ead6", roughness=0.7)
    things = [
        lathe(hollow(body + neck, 0.25), glass("#f3faf6")),
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
    rim = [(2.68, 11.65), (2.82, 11.75), (2.84, 12.0), (2.7, 12.08), (2.58, 11.95)]
    top = [(2.52, 11.5), (2.4, 11.45), (2.3, 11.6), (0, 11.6)]
    foot = [(0, 0.9), (1.5, 0.8), (2.2, 0.1), (2.35, 0.0), (2.48, 0.3)]
    red = paint("#c4161c", 0.25, 0.35, Coat=0.6)
    fade(red, "#f4f1ea", "Z", 0.28, 0.279)
    fade(red, "#c4161c", "Z", 0.22, 0.219)
    fade(red, "#d9dadb", "Z", 0.04, 0.039)
    fade(red, "#d9dadb", "Z", 0.93, 0.931)
    metal = paint("#d4d5d8", 0.28, 1.0)
    bump(metal, 0.05, 0.003, stretch=(30, 1, 1))
    mouth = lathe([(0, 11.63), (0.85, 11.63)], paint("#0c0b0b", 0.8))
    mouth.location.y = -1.25 * CM
    rivet = lathe([(0.32, 11.6), (0.3, 11.85), (0.2, 11.9), (0, 11.9)], metal)
    bpy.ops.mesh.primitive_torus_add(major_radius=0.7 * CM, minor_radius=0.17 * CM, location=(0, 0.75 * CM, 11.78 * CM))
    tab = bpy.context.object
    tab.scale = (1, 1.3, 0.5)
    tab.data.materials.append(metal)
    things = [lathe(body, red), lathe(rim + top, metal), lathe(foot, metal), tab, mouth, rivet]
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
    foot = [(0, 0.9), (1.2, 0.7), (2.2, 0.0), (2.9, 0.1), (3.2, 0.8), (3.25, 1.6)]
    rib = [(3.25, 2.2), (3.05, 2.6), (3.05, 2.8), (3.25, 3.2)]
    ribs = [(radius, height + 1.5 * count) for count in range(4) for radius, height in rib]
    waist = [(3.2, 8.6), (3.15, 8.8), (3.15, 13.6), (3.25, 13.9), (3.25, 14.5)]
    neck = [(3.0, 16.2), (2.2, 18.2), (1.4, 19.4), (1.25, 19.8)]
    mouth = [(1.6, 20.0), (1.6, 20.2), (1.25, 20.3), (1.2, 21.8), (1.1, 21.9)]
    cap = [(1.45, 20.45), (1.5, 20.5), (1.5, 21.9), (1.42, 22.1), (1.3, 22.12), (0, 22.12)]
    label = paint("#1f6fb8", roughness=0.35)
    fade(label, "#e9f3fa", "Z", 0.78, 0.781)
    fade(label, "#8cc7ea", "Z", 0.22, 0.219)
    pet = glass("#f4f9fc", ior=1.3)
    bump(pet, 1.6, 0.05)
    things = [
        lathe(hollow(foot + ribs + waist + neck + mouth, 0.05), pet),
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
        outward = Vector((math.sin(bend), -math.cos(bend), 0))
        centre = Vector((0, 11, 0)) + 11 * outward
        ring = []
        for step in range(30):
            angle = 2 * math.pi * step / 30
            r = width * (1 + 0.07 * math.cos(5 * angle))
            ring.append(centre + r * math.cos(angle) * outward + r * math.sin(angle) * Vector((0, 0, 1)))
        rings.append(ring)
    group([skin(rings, yellow)], turn=200, at=(0, 0, 1.85))
