"""Procedural materials: paint, glass, stains and bumps, and the tables and walls made of them.

Lengths are centimetres; Blender itself is given metres. Colours are "#rrggbb" in sRGB.
"""

from __future__ import annotations

import bpy

CM = 0.01  # metres in a centimetre


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
    place, bricks, joints = (tree.nodes.new(f"ShaderNode{kind}") for kind in ("TexCoord", "TexBrick", "Bump"))
    for socket, value in {"Scale": 1.0, "Brick Width": 0.15, "Row Height": 0.075, "Mortar Size": 0.002}.items():
        bricks.inputs[socket].default_value = value
    tree.links.new(place.outputs["Object"], bricks.inputs["Vector"])
    cover(material, "#9b968c", bricks.outputs["Fac"])
    joints.invert = True
    joints.inputs["Distance"].default_value = 0.15 * CM
    tree.links.new(bricks.outputs["Fac"], joints.inputs["Height"])
    tree.links.new(joints.outputs["Normal"], tree.nodes["Principled BSDF"].inputs["Normal"])
    return material
