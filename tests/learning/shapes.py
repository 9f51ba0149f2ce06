"""Photos of shapes, drawn here."""

import io

import numpy as np
from PIL import Image, ImageDraw


def draw(kind: str, seed: int) -> bytes:
    """A JPEG of 96x96 pixels: glass a disc, paper a square, trash a crossed square, on grain."""
    rng = np.random.default_rng(seed)
    image = Image.fromarray(rng.integers(120, 255, (96, 96, 3), dtype=np.uint8))
    x, y = (int(n) for n in rng.integers(8, 30, 2))
    box = (x, y, x + 50, y + 50)
    pen = ImageDraw.Draw(image)
    colour = tuple(int(n) for n in rng.integers(0, 100, 3))
    pen.ellipse(box, fill=colour) if kind == "glass" else pen.rectangle(box, fill=colour)
    if kind == "trash":
        pen.line(box, fill=(255, 0, 0), width=12)
    out = io.BytesIO()
    image.save(out, "JPEG")
    return out.getvalue()
