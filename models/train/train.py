"""Train one tier's generators, all styles together, on the pictures made by models.train.photos.

    python -m models.train.train --pairs pairs --tier fast --out fast.pt --minutes 90

Writes `--out` (a state dict per style of the averaged weights, the ones to export) and `--out`.state (everything
needed to go on).  Every step is one style's; see networks.Together for what they share.
Started again with the same --out it continues where the last checkpoint was; --init starts from other weights.
The learning rate follows the clock, not the step count, so a busy machine still ends with small steps.
On the CPU each worker is one single-threaded process with its own copy; every few seconds the copies are averaged, so
a worker that other programs slow down holds up none.  On CUDA there is one worker.
"""
import argparse
import copy
import math
import os
import random
import time

# With AMX, training in bfloat16 died of an illegal instruction (PyTorch 2.15 on a virtual machine).
os.environ.setdefault("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_BF16")

import torch
import torch.distributed as dist
import torch.multiprocessing as mp

from .losses import total_loss
from .networks import TIERS, Together, begin_from, paint
from .pairs import Pairs
from .palette import STYLES

WARM_UP = 60        # steps
EMA = .999
CROPS = (128, 160, 192)
MEET_SECONDS = 4
SAVE_EVERY, LOOK_EVERY = 2000, 500


def learning_rate(peak, step, done):
    """Cosine from peak to a hundredth of it as `done` goes 0..1, after a linear warm-up."""
    return peak * min(1, (step + 1) / WARM_UP) * (.01 + .99 * .5 * (1 + math.cos(math.pi * min(done, 1))))


class Run:
    """One worker's networks, optimiser and clock."""

    def __init__(self, a, rank):
        self.a, self.rank, self.steps, self.spent, self.began = a, rank, 0, 0., time.time()
        self.device = torch.device(a.device)
        torch.manual_seed(a.seed)                              # the same first weights in every worker
        self.net = Together(a.tier, a.styles).to(self.device, memory_format=torch.channels_last)
        if a.init:
            first = torch.load(a.init, map_location="cpu")
            for style, net in self.net.nets.items():
                begin_from(net, first.get(style) or next(iter(first.values())))
        self.average = copy.deepcopy(self.net).requires_grad_(False)
        self.opt = torch.optim.AdamW(self.net.parameters(), a.lr, betas=(.9, .99), weight_decay=1e-4)
        if os.path.exists(a.out + ".state"):
            state = torch.load(a.out + ".state", map_location="cpu")
            self.net.load_state_dict(state["net"])
            self.average.load_state_dict(state["average"])
            self.opt.load_state_dict(state["opt"])
            self.steps, self.spent = state["steps"], state["spent"]
        self.clock = self.spent                                # seconds, the mean over workers

    def seconds(self):
        return self.spent + time.time() - self.began

    def save(self):
        plain = {style: {k: v.contiguous().cpu() for k, v in net.state_dict().items()}
                 for style, net in self.average.nets.items()}
        state = dict(net=self.net.state_dict(), average=self.average.state_dict(), opt=self.opt.state_dict(),
                     steps=self.steps, spent=self.seconds())
        for what, path in ((plain, self.a.out), (state, self.a.out + ".state")):
            torch.save(what, path + ".new")                    # a stop while writing must not lose the last one
            os.replace(path + ".new", path)

    def step(self, style, photo, teacher, side, lr):
        """One step of one style on this worker's own copy; returns the loss."""
        for group in self.opt.param_groups:
            group["lr"] = lr
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.a.bf16):
            student = paint(self.net.nets[style], photo, side)
        loss = total_loss(student.float(), teacher, photo)
        self.opt.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.)
        self.opt.step()
        return loss.item()

    def meet(self, losses):
        """Bring the workers together: weights averaged by the steps each has made since the last time.

        `losses` has one entry a step.  Returns the mean loss; steps and clock come out the same in every worker."""
        with torch.no_grad():
            params = list(self.net.parameters())
            mine = torch.cat([p.reshape(-1) for p in params]) * len(losses)
            tail = torch.tensor([len(losses), sum(losses), self.seconds() / self.a.workers], device=self.device)
            flat = torch.cat([mine, tail])
            if self.a.workers > 1:
                dist.all_reduce(flat)
            made, total, self.clock = flat[-3:].tolist()
            for p, mean in zip(params, (flat[:-3] / made).split([p.numel() for p in params])):
                p.copy_(mean.view_as(p))
            keep = min(EMA, (1 + self.steps) / (10 + self.steps)) ** (made / self.a.workers)
            for e, p in zip(self.average.parameters(), params):
                e.lerp_(p, 1 - keep)
        self.steps += round(made)
        return total / made


def round_of(run, data):
    """Steps until it is time to meet; returns their losses.

    The last third of a run can use larger crops: GroupNorm's statistics depend on how much is seen."""
    a, losses, began, peak = run.a, [], time.time(), max(run.a.crops)
    while not losses or (a.workers > 1 and time.time() - began < MEET_SECONDS):
        steps = run.steps + len(losses) * a.workers
        done = max(run.seconds() / (a.minutes * 60), steps / a.steps if a.steps else 0)
        size = data.rng.choice(a.late_crops if a.late_crops and done > 2 / 3 else a.crops)
        count = max(1, round(a.batch * (peak / size) ** 2))
        style = data.rng.choice(a.styles)
        losses.append(run.step(style, *data.batch(count, size, style, run.device), learning_rate(a.lr, steps, done)))
    return losses


def work(rank, a):
    parent = os.getppid()                                      # of workers, the one that began them all
    torch.set_num_threads(1)
    if a.workers > 1:
        os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(a.port))
        dist.init_process_group("gloo", rank=rank, world_size=a.workers)
    run = Run(a, rank)
    data = Pairs(a.pairs, random.Random(f"{a.seed} {rank} {run.steps}"))
    look = save = run.steps
    while (a.workers == 1 or os.getppid() == parent) and run.clock < a.minutes * 60 and (not a.steps or run.steps < a.steps):
        loss = run.meet(round_of(run, data))
        if rank == 0 and run.steps >= look:
            look = run.steps + LOOK_EVERY
            print(f"{run.steps} steps {run.clock:.0f} s lr {run.opt.param_groups[0]['lr']:.1e} loss {loss:.4f} "
                  f"pairs {len(data.files)}", flush=True)
        if run.steps >= save:
            save = run.steps + SAVE_EVERY
            data.refresh()
            if rank == 0:
                run.save()
    if rank == 0:
        run.save()
        print(f"done: {run.steps} steps in {run.clock:.0f} s", flush=True)
    if a.workers > 1:
        dist.destroy_process_group()


def arguments(argv):
    sizes = lambda text: tuple(int(t) for t in text.split(","))
    names = lambda text: tuple(text.split(","))
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--pairs", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--tier", default="fast", choices=TIERS)
    ap.add_argument("--styles", type=names, default=tuple(STYLES))
    ap.add_argument("--init", default="", help="state dicts to start from, of this tier or a smaller one; a style that is "
                    "not there starts as the first")
    ap.add_argument("--device", default="cpu", help="cpu or cuda")
    ap.add_argument("--bf16", action="store_true", help="compute in bfloat16; weights and loss stay float32")
    ap.add_argument("--minutes", type=float, default=90)
    ap.add_argument("--steps", type=int, default=0, help="stop earlier, after so many steps")
    ap.add_argument("--workers", type=int, default=1)
    ap.add_argument("--batch", type=int, default=3, help="per worker at the largest crop; smaller crops get more")
    ap.add_argument("--crops", type=sizes, default=CROPS)
    ap.add_argument("--late-crops", type=sizes, default=())
    ap.add_argument("--lr", type=float, default=1.5e-3)
    ap.add_argument("--seed", type=int, default=0)
    ap.add_argument("--port", type=int, default=29517)
    return ap.parse_args(argv)


def main(argv=None):
    a = arguments(argv)
    if a.workers > 1:
        mp.spawn(work, (a,), nprocs=a.workers)
    else:
        work(0, a)


if __name__ == "__main__":
    main()
