"""3x3 depthwise convolution whose training step is fast in bfloat16 on CPUs.

PyTorch's own gradient by the weights takes half of a training step there; depthwise.c takes a thirtieth of that.  It is
compiled with the system's C compiler at first use; without one, and everywhere else, PyTorch's own is used.
"""
import ctypes
import functools
import os
import subprocess
import tempfile

import torch
import torch.nn.functional as F
from torch import nn

_LANES = 16


@functools.cache
def _library():
    """The compiled depthwise.c, or None where it cannot be compiled."""
    source = os.path.join(os.path.dirname(__file__), "depthwise.c")
    with tempfile.TemporaryDirectory() as room:
        made = os.path.join(room, "depthwise.so")
        try:
            subprocess.run(["cc", "-O3", "-march=native", "-ffast-math", "-shared", "-fPIC", "-o", made, source],
                           check=True, capture_output=True)
            return ctypes.CDLL(made)
        except (OSError, subprocess.CalledProcessError):
            return None


class _Step(torch.autograd.Function):
    """`x` Nx(multiple of 16)xHxW, weight Cx1x3x3, both bfloat16; the padding equals the dilation."""

    @staticmethod
    def forward(ctx, x, weight, bias, dilation):
        x = x.contiguous(memory_format=torch.channels_last)
        ctx.save_for_backward(x, weight)
        ctx.dilation = dilation
        return F.conv2d(x, weight, bias, padding=dilation, dilation=dilation, groups=x.shape[1])

    @staticmethod
    def backward(ctx, grad):
        (x, weight), d = ctx.saved_tensors, ctx.dilation
        grad = grad.contiguous(memory_format=torch.channels_last)
        n, c, h, w = x.shape
        by_weight = torch.empty(3, 3, c)
        at = lambda t: ctypes.c_void_p(t.data_ptr())
        _library().weight_gradient(at(x), at(grad), at(by_weight), n, h, w, c, d)
        by_x = F.conv2d(grad, weight.flip(2, 3), padding=d, dilation=d, groups=c)
        return by_x, by_weight.permute(2, 0, 1)[:, None].to(weight.dtype), grad.sum((0, 2, 3)), None


class Depthwise(nn.Conv2d):
    """3x3, zero-padded, as many channels out as in."""

    def __init__(self, channels, dilation=1):
        super().__init__(channels, channels, 3, padding=dilation, dilation=dilation, groups=channels)

    def forward(self, x):
        half = x.device.type == "cpu" and x.dtype == torch.bfloat16 and torch.is_grad_enabled()
        if half and self.out_channels % _LANES == 0 and _library():
            return _Step.apply(x, self.weight.to(x.dtype), self.bias.to(x.dtype), self.dilation[0])
        return super().forward(x)
