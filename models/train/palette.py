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
    bands: int          # lightness bands between black and white
    line: float         # how strong the ink is


STYLES = {
    "meadow": Style(.050, .96, .26, 1.50, (-.004, -.004), (.000, .018), (-.004, .008), 0., (.004, -.004), 1.08, 7, 1.),
    "skyline": Style(.070, 1.05, .46, 1.75, (.020, -.052), (.020, -.012), (.008, -.034), .36, (.020, -.040), 1.02, 8, .85),
    "carnival": Style(.045, 1.00, .70, 2.05, (.034, -.022), (.004, .026), (.022, .000), 0., (.022, -.014), 1.26, 5, 1.25),
}


def _curve(L, lift, gamma, contrast):
    x = np.clip(L, 0, 1) ** gamma
    s = x + contrast * .16 * np.sin(2 * np.pi * (x - .5))
    return lift + (1 - lift) * np.clip(s, 0, 1)


def _moves(name, L, seen, tone, gain, turn):
    """What one style does to single hues; changes gain and turn (degrees) in place, returns the new tone."""
    h, green, blue = seen.hue, seen.green, seen.blue
    if name == "meadow":
        gain += .30 * green + .18 * blue
        turn += -8 * green * ramp(118, 140, h) + 3 * green * (1 - ramp(105, 122, h)) - 13 * blue * ramp(228, 262, h)
        tone += .06 * green * (1 - tone) + .10 * blue * ramp(.5, .85, L) * (1 - tone)
    elif name == "skyline":
        gain += .42 * blue + .05 * green
        turn += 9 * blue * (1 - ramp(255, 275, h)) + 16 * green + 10 * bump(h, 340, 50) - 22 * bump(h, 62, 40) * ramp(.68, .89, L)
        tone += -.07 * blue * ramp(.55, .77, L) * (1 - ramp(.89, .97, L))
    else:
        gain += .10 * green + .25 * blue
        turn += -12 * bump(h, 85, 45) + 12 * green - 10 * bump(h, 28, 30) + 14 * blue
    return tone


def apply(lab, seen, name):
    """OKLab HxWx3 -> OKLab in the style's colours.  On skin the hue stays, chroma almost, tone moves a quarter as far."""
    style, L, skin = STYLES[name], lab[..., 0], seen.skin
    gain, turn = np.full_like(L, style.chroma), np.zeros_like(L)
    tone = _moves(name, L, seen, _curve(L, style.lift, style.gamma, style.contrast), gain, turn)
    gain = gain * (1 - skin) + skin * (style.skin_chroma - .06 * (1 - ramp(.45, .68, L)))
    turn = turn * (1 - skin)
    tone = tone * (1 - .75 * skin) + .75 * skin * _curve(L, .01, 1.17, .12)
    chroma = seen.chroma * gain * (.55 + .45 * ramp(.15, .45, L))            # near black, chroma reads as murky brown
    chroma = np.where(chroma > .16, .16 + .12 * np.tanh((chroma - .16) / .12), chroma)     # vivid must not turn neon
    angle = np.radians(seen.hue + turn)
    out = np.stack([tone, chroma * np.cos(angle), chroma * np.sin(angle)], 2).astype(F)
    free = (1 - .88 * skin)
    dark, bright = (1 - ramp(.18, .6, L)) * free, ramp(.78, .985, L) * free
    grey = bump(L, .62, .42) * (1 - ramp(.02, .06, seen.chroma)) * free
    for i in (0, 1):
        out[..., 1 + i] += (dark * style.shadow[i] * ramp(.02, .14, tone) + bright * style.light[i]
                            + grey * style.neutral[i])
    return out
