"""Write a generator with random weights as ONNX: python -m benches.untrained fast target/bench/fast.onnx"""
import os
import sys

import torch

from models.train.export import export
from models.train.networks import TIERS

tier, path = sys.argv[1:]
os.makedirs(os.path.dirname(path), exist_ok=True)
torch.manual_seed(0)
export(TIERS[tier](), path)
