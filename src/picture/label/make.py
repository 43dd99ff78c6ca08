"""Draws the visible marks beside this file: white text on a dark, half transparent, rounded backdrop.

    python make.py

Needs Pillow, and Noto Sans CJK (Debian's fonts-noto-cjk; SIL Open Font License 1.1, https://openfontlicense.org). The
licence "does not apply to any document created using the fonts", and these pictures hold no font.
"""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"
JP, SC = 0, 2  # faces of the collection; Chinese and Japanese draw some characters differently
MARKS = {"en": ("AI generated", SC), "zh": ("AI生成", SC), "ja": ("AI生成画像", JP)}

HEIGHT = 96  # pictures with a shorter side up to 2400 pixels get theirs from it by scaling down
FINE = 8  # drawn this much larger, then averaged
BACKDROP = 170  # alpha: white text keeps 6.8:1 even where the picture is white
STEP = 17  # between levels of grey and alpha; finer ones cannot be seen and cost bytes


def mark(text, face):
    height = HEIGHT * FINE
    font = ImageFont.truetype(FONT, round(height * 0.72), index=face)
    pen = dict(anchor="ls", stroke_width=FINE * 3 // 4)  # a medium weight: regular fades when small, bold fills up
    _, top, _, bottom = font.getbbox("AI生成", **pen)  # one line for every language
    left, _, right, _ = font.getbbox(text, **pen)
    width = round((right - left) / FINE + HEIGHT * 0.6) * FINE
    backdrop, letters = Image.new("L", (width, height)), Image.new("L", (width, height))
    ImageDraw.Draw(backdrop).rounded_rectangle((0, 0, width - 1, height - 1), height * 0.28, fill=BACKDROP)
    at = ((width - right - left) / 2, (height - top - bottom) / 2)
    ImageDraw.Draw(letters).text(at, text, 255, font, **pen)
    layers = [layer.resize((width // FINE, HEIGHT), Image.Resampling.BOX).tobytes() for layer in (backdrop, letters)]
    pixels = bytearray()
    for dark, white in zip(*layers):
        alpha = white + dark * (255 - white) / 255
        pixels += bytes(round(v / STEP) * STEP for v in (white / alpha * 255 if alpha else 0, alpha))
    return Image.frombytes("LA", (width // FINE, HEIGHT), bytes(pixels))


for language, (text, face) in MARKS.items():
    mark(text, face).save(Path(__file__).with_name(f"{language}.png"), optimize=True)
