"""A style's colours: lightness curve, chroma gain, hue turns, and casts of shadow, light and neutrals."""
from dataclasses import dataclass

import torch

from .smooth import bump, ramp

_SHOULDER = .8          # lightness from which tones are pressed together, or white walls and skies burn out
_VIVID, _MOST = .16, .11


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
    bands: int          # lightness bands between black and white
    band: float         # how much of them
    line: float         # how strong the ink is
    line_tone: float    # its lightness, of the colour it lies on
    thick: float        # how many units it is widened by
    skin_chroma: float


STYLES = {
    "meadow": Style(.045, .78, .22, 1.42, (-.006, -.006), (.001, .018), (-.004, .008), .06, 7, .60, .80, .42, 0, 1.14),
    "skyline": Style(.030, .94, .42, 1.50, (.000, -.050), (-.010, -.020), (-.012, -.028), .30, 8, .50, .65, .40, 0, 1.06),
    "carnival": Style(.020, .84, .62, 1.85, (.022, -.012), (.003, .022), (.010, .004), .0, 5, .80, 1.4, .16, .7, 1.24),
    "portrait": Style(.050, .80, .20, 1.14, (.016, -.022), (.012, -.003), (.010, -.010), .18, 6, .50, .90, .40, 0, 1.08),
}


def curve(L, lift, gamma, contrast):
    """Lightness in [0, 1] to the style's, with a shoulder."""
    x = L.clamp(0, 1) ** gamma
    s = lift + (1 - lift) * (x + contrast * .13 * torch.sin(2 * torch.pi * (x - .5))).clamp(0, 1)
    rest = 1 - _SHOULDER
    return s.clamp(max=_SHOULDER) + rest * torch.tanh((s - _SHOULDER).clamp_min(0) / rest * .95)


def _moves(name, L, seen, tone, gain, turn):
    """What one style does to single hues; returns tone, gain and turn (degrees)."""
    h, green, blue = seen.hue, seen.green, seen.blue
    if name == "meadow":
        gain = gain + .30 * green + .25 * blue
        turn = turn - 8 * green * ramp(118, 140, h) + 4 * green * (1 - ramp(105, 122, h)) + (228 - h).clamp(-24, 10) * .8 * blue * ramp(.35, .5, L)
        tone = tone + .06 * green * (1 - tone) - .03 * blue * ramp(.5, .75, L) * (1 - ramp(.86, .96, L))
    elif name == "skyline":
        gain = gain + .45 * blue + .05 * green
        turn = turn + (248 - h).clamp(-36, 30) * .9 * ramp(0, .6, blue) * ramp(.35, .5, L)     # skies to one azure, none to violet
        turn = turn + 16 * green + 8 * bump(h, 340, 50) - 16 * bump(h, 62, 40) * ramp(.70, .90, L)
        tone = tone - .09 * blue * ramp(.50, .72, L) * (1 - ramp(.84, .95, L))
    elif name == "carnival":
        gain = gain + .15 * green + .20 * blue
        turn = turn - 12 * bump(h, 85, 45) + 12 * green - 12 * bump(h, 28, 30) - 6 * blue * ramp(240, 275, h)
    else:
        gain = gain - .15 * green
        turn = turn - 10 * green + (238 - h).clamp(-14, 8) * blue - 6 * bump(h, 70, 40)
        tone = tone + .05 * (green + blue).clamp(max=1) * (1 - tone)
    return tone, gain, turn


def apply(lab, seen, skin, name):
    """OKLab Nx3xHxW -> OKLab in the style's colours.  On skin (a plane) hue stays, chroma almost, tone moves less."""
    style, L = STYLES[name], lab[:, :1]
    tone, gain, turn = _moves(name, L, seen, curve(L, style.lift, style.gamma, style.contrast),
                              torch.full_like(L, style.chroma), torch.zeros_like(L))
    gain, turn = gain * (1 - skin) + skin * style.skin_chroma, turn * (1 - skin)
    tone = tone * (1 - .6 * skin) + .6 * skin * curve(L, .02, .90, .15)
    tone = tone + (L - tone) * .75 * ramp(.13, .22, seen.chroma)             # a red that gets lighter is pink
    chroma = seen.chroma * gain * (.6 + .4 * ramp(.12, .4, L))              # near black, chroma reads as murky brown
    chroma = chroma.clamp(max=_VIVID) + _MOST * torch.tanh((chroma - _VIVID).clamp_min(0) / _MOST)   # no neon
    angle = (seen.hue + turn).deg2rad()
    free = 1 - .88 * skin
    dark, bright = (1 - ramp(.18, .62, L)) * free, ramp(.66, .94, L) * (1 - ramp(.05, .13, seen.chroma)) * free
    grey = (1 - (L - .62).abs() / .42).clamp(0, 1) * (1 - ramp(.015, .09, seen.chroma)) * free
    cast = [dark * style.shadow[i] * ramp(.02, .14, tone) + bright * style.light[i] + grey * style.neutral[i] for i in (0, 1)]
    return torch.cat([tone, chroma * angle.cos() + cast[0], chroma * angle.sin() + cast[1]], 1)
