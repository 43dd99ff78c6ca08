"""What tells the teacher's pictures from a student's, patch by patch: without it invented detail (strands, letters, closed
lines) is averaged to a blur.

PatchGAN (Isola et al. 2017) of 70-pixel patches with spectral normalisation (Miyato et al. 2018) and hinge losses; it sees
the photo beside the picture, and which style it is.
"""
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm


class Discriminator(nn.Module):
    """Photo and picture, Nx3xHxW in [-1, 1] -> scores of patches, and the features before them."""

    def __init__(self, styles, width=48):
        super().__init__()
        self.styles = styles
        layer = lambda cin, cout, stride: spectral_norm(nn.Conv2d(cin, cout, 4, stride, 1))
        self.layers = nn.ModuleList([layer(6 + styles, width, 2), layer(width, 2 * width, 2),
                                     layer(2 * width, 4 * width, 2), layer(4 * width, 4 * width, 1)])
        self.score = spectral_norm(nn.Conv2d(4 * width, 1, 4, 1, 1))

    def forward(self, photo, picture, style):
        which = torch.zeros(len(photo), self.styles, *photo.shape[-2:], device=photo.device)
        which[:, style] = 1
        x, features = torch.cat([photo, picture, which], 1).contiguous(memory_format=torch.channels_last), []
        for layer in self.layers:
            x = F.leaky_relu(layer(x), .2)
            features.append(x)
        return self.score(x).float(), features


def to_tell(real, fake):
    """The discriminator's loss, of scores."""
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean()


def to_pass(fake, features, wanted):
    """The student's: to be taken for the teacher's, and to look like it to the discriminator (Wang et al. 2018)."""
    alike = sum((a.float() - b.float().detach()).abs().mean() for a, b in zip(features, wanted)) / len(features)
    return -fake.mean(), alike
