"""Everything that takes long, side by side on one GPU: the teacher's pictures, and both tiers that begin to learn from the first
of them.  Done in ten minutes on one H100 or H200.

    python -m models.train.whole --photos photos --faces faces --out room --minutes 9.5

Leaves `room`/pairs, and fine.pt and fast.pt with what train.py keeps beside them.  Started again it goes on.
"""
import argparse
import os
import subprocess
import sys
import time

ENOUGH = 500            # pairs before training begins
FAST_SHARE = .72        # of the time, after which the small network is done and the large one has the device alone


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("photos", "faces", "out"):
        ap.add_argument(f"--{name}", required=True)
    ap.add_argument("--upscaler", default="")
    ap.add_argument("--minutes", type=float, default=9.5)
    ap.add_argument("--jobs", type=int, default=8)
    ap.add_argument("--device", default="cuda")
    a = ap.parse_args()
    pairs, start = os.path.join(a.out, "pairs"), time.time()
    os.makedirs(pairs, exist_ok=True)
    begin = lambda module, *options: subprocess.Popen([sys.executable, "-W", "ignore", "-m", f"models.train.{module}", *options])
    upscaler = ("--upscaler", a.upscaler) if a.upscaler else ()
    tier = lambda name, share, *options: begin(
        "train", "--pairs", pairs, "--tier", name, "--out", os.path.join(a.out, f"{name}.pt"), "--device", a.device, "--bf16",
        "--minutes", "600", "--enough", str(ENOUGH), "--until", str(start + share * a.minutes * 60), *options,
        *(("--compile",) if a.device == "cuda" else ()))
    running = [
        tier("fine", 1., "--crops", "192,288", "--batch", "12", "--lr", "1.4e-3", "--adversarial", ".02", "--adversarial-from", ".5"),
        tier("fast", FAST_SHARE, "--crops", "192,256", "--batch", "12", "--lr", "2e-3", "--adversarial", ".01",
             "--adversarial-from", ".6"),
        begin("photos", "--photos", a.photos, "--faces", a.faces, "--out", pairs, "--split", "train", "--device", a.device,
              "--jobs", str(a.jobs), *upscaler)]
    sys.exit(max(process.wait() for process in running))


if __name__ == "__main__":
    main()
