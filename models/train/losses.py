"""What the student is scored on: `student`, `teacher` and `photo` are Nx3xHxW in [-1, 1]; every loss is a scalar."""
import torch.nn.functional as F

from .colour import chroma_hue, masks, to_oklab

FLAT = .02          # a teacher step smaller than this, of a range of 2, counts as flat colour
INK_WEIGHT = 3.     # extra weight of a pixel that is 1.0 darker than its surroundings
GRAD_WEIGHT = 1.5   # 1.0 left thin lines and tone bands blurred
FLAT_WEIGHT = 5.    # extra weight of a neighbour difference there: noise in a fill reads as photo
MEAN_WEIGHT = .5
SSIM_WEIGHT = .3
SKIN_WEIGHT = 3.    # without it skyline's students turned the skin of some faces by 3.4 degrees, the teacher by 2.6
EYE_WEIGHT = .25    # without it a small network smeared them black: they are few pixels, and all that is looked at
_WINDOW, _STRIDE = 7, 3     # of SSIM; every third window says as much as all
_C1, _C2 = (.01 * 2) ** 2, (.03 * 2) ** 2


def _across(t):
    return t[..., :, 1:] - t[..., :, :-1]


def _down(t):
    return t[..., 1:, :] - t[..., :-1, :]


def ink_loss(student, teacher):
    """L1 in which pixels darker than their 9x9 surroundings, that is the drawn lines, weigh more."""
    around = F.avg_pool2d(teacher, 9, 1, 4, count_include_pad=False)
    weight = 1 + INK_WEIGHT * (around - teacher).clamp(0, 1).amax(1, keepdim=True)
    return ((student - teacher).abs() * weight).mean()


def gradient_loss(student, teacher):
    """L1 of neighbour differences, which weigh more where the teacher is flat."""
    total = 0
    for step in (_across, _down):
        want = step(teacher)
        flat = want.abs().amax(1, keepdim=True) < FLAT
        total = total + ((step(student) - want).abs() * (1 + FLAT_WEIGHT * flat)).mean()
    return total


def mean_loss(student, teacher):
    """L1 of 8x8 averages: keeps tone and colour of whole areas right."""
    return F.l1_loss(F.avg_pool2d(student, 8), F.avg_pool2d(teacher, 8))


def ssim_loss(student, teacher):
    """1 - structural similarity (Wang et al. 2004) with square windows: fine structure that is there but faint."""
    mean = lambda t: F.avg_pool2d(t, _WINDOW, _STRIDE)
    ms, mt = mean(student), mean(teacher)
    vs, vt = mean(student * student) - ms * ms, mean(teacher * teacher) - mt * mt
    both = mean(student * teacher) - ms * mt
    alike = (2 * ms * mt + _C1) * (2 * both + _C2) / ((ms * ms + mt * mt + _C1) * (vs + vt + _C2))
    return 1 - alike.mean()


def _means(picture):
    """[-1, 1] -> OKLab of 8x8 averages; kept off black, where a cube root's gradient has no end."""
    return to_oklab((F.avg_pool2d(picture, 8) / 2 + .5).clamp(1e-3, 1))


def skin_loss(student, photo):
    """Chroma (OKLab) across the photo's hue where 8x8 averages of the photo are skin: turned skin looks ill.

    The teacher, which all the rest is scored on, turns it a little; so here the photo is what counts."""
    was, now = _means(photo), _means(student)
    hue = chroma_hue(was)[1].deg2rad()
    return (masks(was).skin * (now[:, 2:] * hue.cos() - now[:, 1:2] * hue.sin()).abs()).mean()


def eye_loss(student, teacher, eyes):
    """L1 of values and of neighbour differences inside the eyes (Nx1xHxW in [0, 1]), by their own area."""
    area = 3 * eyes.sum() + 1
    total = ((student - teacher).abs() * eyes).sum()
    for step, here in ((_across, eyes[..., 1:]), (_down, eyes[..., 1:, :])):
        total = total + GRAD_WEIGHT * ((step(student) - step(teacher)).abs() * here).sum()
    return total / area


def total_loss(student, teacher, photo, eyes):
    return (ink_loss(student, teacher) + GRAD_WEIGHT * gradient_loss(student, teacher)
            + MEAN_WEIGHT * mean_loss(student, teacher) + SSIM_WEIGHT * ssim_loss(student, teacher)
            + SKIN_WEIGHT * skin_loss(student, photo) + EYE_WEIGHT * eye_loss(student, teacher, eyes))
