"""ONNX Runtime's side of the native comparison (native.mjs): MODEL SIDE THREADS.

For every line on standard input it runs the model once on noise and prints the milliseconds and the mean size of a value.
"""
import sys
import time

import numpy as np
import onnxruntime

model, side, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
options = onnxruntime.SessionOptions()
options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
# Its threads would go on waiting busily while the other engine has its turn.
options.add_session_config_entry("session.force_spinning_stop", "1")
session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
index = np.arange(3 * side * side, dtype=np.uint32)
noise = ((index * np.uint32(2654435761)) >> 8).astype(np.float32) / 8388608 - 1
image, *rest = session.get_inputs()
feed = {image.name: noise.reshape(1, 3, side, side)} | {r.name: np.full((1, 1, 1, 1), side, np.float32) for r in rest}
for _ in sys.stdin:
    begun = time.perf_counter()
    pixels = session.run(None, feed)[0]
    print((time.perf_counter() - begun) * 1e3, np.abs(pixels).mean(dtype=np.float64), flush=True)
