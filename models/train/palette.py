"""A style's colours: lightness curve, chroma gain, hue turns, and casts of shadow, light and neutrals."""
from dataclasses import dataclass

import numpy as np

from .smooth import F, bump, ramp


@dataclass(frozen=True)
class Style:
    """Pairs are (a, b) of OKLab, added; skin_chroma replaces chroma on skin; glow is bloom, 0 to 1."""
    lift: float
    gamma: float
    contrast: float
    chroma: float
    shadow: tuple
    light: tuple
    neutral: tuple
    glow: float
    ink: tuple
    skin_chroma: float


STYLES = {
    "meadow": Style(.065, .84, .10, 1.26, (.000, .010), (.000, .014), (-.004, .006), 0., (.004, -.004), 1.06),
    "skyline": Style(.080, .88, .36, 1.62, (.014, -.036), (.018, -.012), (.010, -.028), .34, (.020, -.035), 1.02),
    "carnival": Style(.070, .82, .55, 2.05, (.026, .018), (.000, .016), (.009, .015), 0., (.014, .004), 1.18),
}


def _curve(L, lift, gamma, contrast):
    x = np.clip(L, 0, 1) ** gamma
    s = x + contrast * .16 * np.sin(2 * np.pi * (x - .5))
    return lift + (1 - lift) * np.clip(s, 0, 1)


def _moves(name, L, seen, tone, gain, turn):
    """What one style does to single hues; changes gain and turn (degrees) in place, returns the new tone."""
    h, green, blue = seen.hue, seen.green, seen.blue
    if name == "meadow":
        gain += .26 * green + .16 * blue
        turn += -8 * green * ramp(118, 140, h) + 3 * green * (1 - ramp(105, 122, h)) - 13 * blue * ramp(228, 262, h)
        tone += .05 * green * (1 - tone) + .10 * blue * ramp(.4, .8, L) * (1 - tone)
    elif name == "skyline":
        gain += .30 * blue + .08 * green
        turn += 7 * blue + 9 * green + 8 * bump(h, 340, 50) - 14 * bump(h, 60, 30) * ramp(.72, .9, L)
    else:
        gain += .10 * green + .12 * blue
        turn += -7 * bump(h, 80, 40) - 5 * green + 3 * blue
    return tone


def apply(lab, seen, name):
    """OKLab HxWx3 -> OKLab in the style's colours.  On skin the hue stays, chroma almost, tone moves half as far."""
    style, L, skin = STYLES[name], lab[..., 0], seen.skin
    gain, turn = np.full_like(L, style.chroma), np.zeros_like(L)
    tone = _moves(name, L, seen, _curve(L, style.lift, style.gamma, style.contrast), gain, turn)
    gain = gain * (1 - skin) + skin * (style.skin_chroma - .06 * (1 - ramp(.35, .6, L)))
    turn = turn * (1 - skin)
    tone = tone * (1 - .45 * skin) + .45 * skin * _curve(L, .02, .93, .12)
    chroma = seen.chroma * gain
    chroma = np.where(chroma > .16, .16 + .12 * np.tanh((chroma - .16) / .12), chroma)     # vivid must not turn neon
    angle = np.radians(seen.hue + turn)
    out = np.stack([tone, chroma * np.cos(angle), chroma * np.sin(angle)], 2).astype(F)
    free = (1 - .88 * skin)
    dark, bright = (1 - ramp(.1, .5, L)) * free, ramp(.72, .98, L) * free
    grey = bump(L, .55, .45) * (1 - ramp(.02, .06, seen.chroma)) * free
    for i in (0, 1):
        out[..., 1 + i] += (dark * style.shadow[i] * ramp(.02, .14, tone) + bright * style.light[i]
                            + grey * style.neutral[i])
    return out
