"""Train one tier's generators, all styles together, on the pictures made by models.train.photos.

    python -m models.train.train --pairs pairs --tier fast --out fast.pt --minutes 90

Writes `--out` (a state dict per style of the averaged weights, the ones to export), `--out`.l1 (the same as it was before the
discriminator joined) and `--out`.state (everything needed to go on).  Every step paints one batch of photos in all styles; see
networks.Together for what they share.
Started again with the same --out it continues where the last checkpoint was; --init starts from other weights.
The learning rate follows the clock, not the step count, so a busy machine still ends with small steps.  From the share
--adversarial-from of the time on a discriminator takes part (discriminator.py).
On the CPU each worker is one single-threaded process with its own copy; every few seconds the copies are averaged, so
a worker that other programs slow down holds up none.  On CUDA there is one worker, which begins when --enough pairs are
there and ends at --until (seconds since 1970), should that be sooner.
"""
import argparse
import copy
import glob
import math
import os
import random
import time

# With AMX, training in bfloat16 died of an illegal instruction (PyTorch 2.15 on a virtual machine).
os.environ.setdefault("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_BF16")

import torch
import torch.distributed as dist
import torch.multiprocessing as mp

from .discriminator import Discriminator, to_pass, to_tell
from .export import weights_of
from .losses import total_loss
from .networks import TIERS, Together
from .pairs import Pairs
from .palette import STYLES

WARM_UP = 100       # steps
EMA = .999
CROPS = (128, 160, 192)
ALIKE = 10.         # the discriminator's features, relative to being taken for the teacher's
TELLING = .5        # the discriminator's learning rate, relative
MEET_SECONDS = 4
SAVE_SECONDS, LOOK_EVERY = 120, 100
MOST_AT_ONCE = 150      # pairs that are read between two steps


def learning_rate(peak, step, done):
    """Cosine from peak to a hundredth of it as `done` goes 0..1, after a linear warm-up."""
    return peak * min(1, (step + 1) / WARM_UP) * (.01 + .99 * .5 * (1 + math.cos(math.pi * min(done, 1))))


def score(net, photo, teacher, side, eyes):
    """The loss of every style together, and the pictures."""
    pictures = [p.float() for p in net(photo, side)]
    return sum(total_loss(p, t, photo, eyes) for p, t in zip(pictures, teacher)) / len(pictures), pictures


class Run:
    """One worker's networks, optimisers and clock."""

    def __init__(self, a, rank):
        self.a, self.rank, self.steps, self.spent, self.began = a, rank, 0, 0., time.time()
        self.device = torch.device(a.device)
        torch.manual_seed(a.seed)                              # the same first weights in every worker
        self.net = Together(a.tier, a.styles).to(self.device, memory_format=torch.channels_last)
        if a.init:
            for style, net in self.net.nets.items():
                net.load_state_dict(weights_of(a.init, style, a.tier))
        self.average = copy.deepcopy(self.net).requires_grad_(False)
        fused = self.device.type == "cuda"
        self.opt = torch.optim.AdamW(self.net.parameters(), a.lr, betas=(.9, .99), weight_decay=1e-4, fused=fused)
        self.critic = Discriminator(len(a.styles)).to(self.device, memory_format=torch.channels_last)
        self.critic_opt = torch.optim.AdamW(self.critic.parameters(), a.lr * TELLING, betas=(.5, .99), fused=fused)
        if os.path.exists(a.out + ".state"):
            state = torch.load(a.out + ".state", map_location="cpu")
            for name in ("net", "average", "opt", "critic", "critic_opt"):
                getattr(self, name).load_state_dict(state[name])
            self.steps, self.spent = state["steps"], state["spent"]
        self.score = torch.compile(score, dynamic=False) if a.compile else score
        self.clock = self.spent                                # seconds, the mean over workers

    def seconds(self):
        return self.spent + time.time() - self.began

    def done(self):
        """Share of the run that is over."""
        a = self.a
        until = self.seconds() / max(self.seconds() + a.until - time.time(), 1) if a.until else 0
        return max(self.seconds() / (a.minutes * 60), self.steps / a.steps if a.steps else 0, until)

    def save(self, ending=""):
        kept = {}                                              # what styles share is kept once
        once = lambda v: kept.setdefault(v.data_ptr(), v.detach().contiguous().cpu())
        plain = {style: {k: once(v) for k, v in net.state_dict().items()} for style, net in self.average.nets.items()}
        state = {name: getattr(self, name).state_dict() for name in ("net", "average", "opt", "critic", "critic_opt")}
        state.update(steps=self.steps, spent=self.seconds())
        for what, path in ((plain, self.a.out + ending), (state, self.a.out + ".state")):
            torch.save(what, path + ".new")                    # a stop while writing must not lose the last one
            os.replace(path + ".new", path)

    def tell(self, photo, teacher, pictures, done):
        """One step of the discriminator on one style; returns what the student's loss gets of it."""
        a, style = self.a, self.steps % len(self.a.styles)
        weight = a.adversarial * min(1, .1 + .9 * (done - a.adversarial_from) / (1 - a.adversarial_from) * 2)
        half = torch.autocast(self.device.type, torch.bfloat16, enabled=a.bf16)
        self.critic.requires_grad_(True)
        with half:
            real, wanted = self.critic(photo, teacher[style], style)
            fake, _ = self.critic(photo, pictures[style].detach(), style)
        self.critic_opt.zero_grad(set_to_none=True)
        to_tell(real, fake).backward()
        self.critic_opt.step()
        self.critic.requires_grad_(False)
        with half:
            fake, features = self.critic(photo, pictures[style], style)
            with torch.no_grad():
                _, wanted = self.critic(photo, teacher[style], style)
        passed, alike = to_pass(fake, features, wanted)
        return weight * (passed + ALIKE * alike)

    def step(self, photo, teacher, side, eyes, lr, done):
        """One step on this worker's own copy; returns the loss without the discriminator's part, on the device."""
        for opt, rate in ((self.opt, lr), (self.critic_opt, lr * TELLING)):
            for group in opt.param_groups:
                group["lr"] = rate
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.a.bf16):
            loss, pictures = self.score(self.net, photo, teacher, side, eyes)
        total = loss
        if self.a.adversarial and done >= self.a.adversarial_from:
            total = total + self.tell(photo, teacher, pictures, done)
        self.opt.zero_grad(set_to_none=True)
        total.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.)
        if self.device.type == "cuda":
            self.opt.found_inf = norm.isfinite().logical_not().float()  # a fused optimiser leaves such a step out
        self.opt.step()
        return loss.detach()

    def meet(self, losses):
        """Bring the workers together: weights averaged by the steps each has made since the last time.

        `losses` has one entry a step.  Returns the mean loss; steps and clock come out the same in every worker."""
        keep = lambda made: min(EMA, (1 + self.steps) / (10 + self.steps)) ** made
        params = list(self.net.parameters())
        if self.a.workers == 1:                                # without waiting for the device
            torch._foreach_lerp_(list(self.average.parameters()), [p.detach() for p in params], 1 - keep(len(losses)))
            self.steps, self.clock = self.steps + len(losses), self.seconds()
            return losses[-1]
        with torch.no_grad():
            mine = torch.cat([p.reshape(-1) for p in params]) * len(losses)
            tail = torch.tensor([len(losses), float(sum(losses)), self.seconds() / self.a.workers], device=self.device)
            flat = torch.cat([mine, tail])
            dist.all_reduce(flat)
            made, total, self.clock = flat[-3:].tolist()
            for p, mean in zip(params, (flat[:-3] / made).split([p.numel() for p in params])):
                p.copy_(mean.view_as(p))
            torch._foreach_lerp_(list(self.average.parameters()), params, 1 - keep(made / self.a.workers))
        self.steps += round(made)
        return total / made


def round_of(run, data):
    """Steps until it is time to meet; returns their losses."""
    a, losses, began, peak = run.a, [], time.time(), max(run.a.crops)
    most = 1 if a.workers == 1 else math.inf
    while not losses or (len(losses) < most and time.time() - began < MEET_SECONDS):
        done = run.done()
        size = data.rng.choice(a.crops)
        count = max(1, round(a.batch * (peak / size) ** 2))
        steps = run.steps + len(losses) * a.workers
        losses.append(run.step(*data.batch(count, size), learning_rate(a.lr, steps, done), done))
    return losses


def await_pairs(run, folder, enough):
    """The pairs, once there are enough of them; meanwhile every shape is compiled, on noise."""
    a, peak, deadline = run.a, max(run.a.crops), time.time() + 3600
    if a.compile:
        for size in a.crops:
            photo = torch.rand(max(1, round(a.batch * (peak / size) ** 2)), 3, size, size, device=run.device)
            photo = photo.to(memory_format=torch.channels_last)
            with torch.autocast(run.device.type, torch.bfloat16, enabled=a.bf16):
                loss, _ = run.score(run.net, photo, [photo.clone() for _ in a.styles], photo.new_full((len(photo), 1, 1, 1), 512.),
                                    photo[:, :1])
            loss.backward()
        run.opt.zero_grad(set_to_none=True)
        print(f"compiled after {time.time() - run.began:.0f} s", flush=True)
    count = lambda: len(glob.glob(os.path.join(folder, "train_*.npy")))
    while count() < enough and time.time() < deadline:
        time.sleep(1)
    run.began = time.time()


def work(rank, a):
    parent = os.getppid()                                      # of workers, the one that began them all
    torch.set_num_threads(1)
    if a.workers > 1:
        os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(a.port))
        dist.init_process_group("gloo", rank=rank, world_size=a.workers)
    run = Run(a, rank)
    if a.enough:
        await_pairs(run, a.pairs, a.enough)
    data = Pairs(a.pairs, random.Random(f"{a.seed} {rank} {run.steps}"), a.device, a.styles)
    look, save, plain = run.steps, time.time() + SAVE_SECONDS, run.done() < a.adversarial_from
    while (a.workers == 1 or os.getppid() == parent) and run.done() < 1:
        loss = run.meet(round_of(run, data))
        if run.steps >= look:
            look = run.steps + LOOK_EVERY
            data.refresh(MOST_AT_ONCE)
            if rank == 0:
                print(f"{run.steps} steps {run.clock:.0f} s lr {run.opt.param_groups[0]['lr']:.1e} loss {loss:.4f} "
                      f"pairs {len(data.files)}", flush=True)
        if rank == 0 and a.adversarial and plain and run.done() >= a.adversarial_from:
            plain = run.save(".l1")
        if rank == 0 and time.time() > save:
            save = time.time() + SAVE_SECONDS
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
    ap.add_argument("--init", default="", help="weights to start from: a file that train.py wrote, or a folder of ONNX files "
                    "(of which the last style's say what is shared)")
    ap.add_argument("--device", default="cpu", help="cpu or cuda")
    ap.add_argument("--bf16", action="store_true", help="compute in bfloat16; weights and loss stay float32")
    ap.add_argument("--minutes", type=float, default=90)
    ap.add_argument("--steps", type=int, default=0, help="stop earlier, after so many steps")
    ap.add_argument("--workers", type=int, default=1)
    ap.add_argument("--batch", type=int, default=3, help="per worker at the largest crop; smaller crops get more")
    ap.add_argument("--crops", type=sizes, default=CROPS)
    ap.add_argument("--adversarial", type=float, default=0, help="weight of the discriminator; 0 leaves it out")
    ap.add_argument("--adversarial-from", type=float, default=.55)
    ap.add_argument("--compile", action="store_true", help="with torch.compile: a minute for each crop size, then faster")
    ap.add_argument("--enough", type=int, default=0, help="wait for so many pairs")
    ap.add_argument("--until", type=float, default=0)
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
