"""The numpy engine against PyTorch, and against the peak of one core.

    pip install "scalinglaws[torch]"    # or torch==2.13.0 in an environment of its own
    python benchmarks/engine.py
    python benchmarks/engine.py --device cuda --together 64

Three engines: numpy (`training/`), PyTorch as one writes it, and `training/torch_engine.py`, which
trains many models at once (the column "together", in FLOP/s of all of them; on a GPU it is compiled).
The first two train the same model from the same weights on the same batches, one thread each: forward,
backward, gradient clipping and AdamW. PyTorch runs eagerly, with its fused attention, RMSNorm and
AdamW. Rounds alternate, and each engine's median counts, so that other work on the machine weighs
on both. Ratio above 1: numpy is faster. FLOPs are the exact count of `training/flops.py`.
"""

import argparse
import statistics
import time

import numpy as np
import torch
import torch.nn.functional as F
from threadpoolctl import threadpool_limits

from scalinglaws.training.flops import training_flops_per_token
from scalinglaws.training.gradient import Backward, loss_and_gradient
from scalinglaws.training.model import Activations, Parameters, Shape, initialise
from scalinglaws.training.optimizer import AdamW
from scalinglaws.training.plans import recipe
from scalinglaws.training.torch_engine import Stack, find_device
from scalinglaws.training.train import MICRO_BATCH, cpu_model

LR = 1e-3


class TorchModel(torch.nn.Module):
    """The model of `training/model.py`, as one writes it in PyTorch."""

    def __init__(self, shape: Shape, parameters: Parameters):
        super().__init__()
        self.shape = shape
        self.weights = torch.nn.ParameterDict(
            {
                # PyTorch keeps embeddings in rows, ours are in columns.
                name.replace(".", "_"): torch.nn.Parameter(
                    torch.from_numpy(
                        (matrix.T if name in ("embedding", "positions") else matrix).copy()
                    )
                )
                for name, matrix in parameters.views.items()
            }
        )

    def read(self, x: torch.Tensor) -> torch.Tensor:
        """RMSNorm and token shift: the second half of the channels, then the shifted first half."""
        y = F.rms_norm(x, (self.shape.width,), eps=1e-6)
        if not self.shape.token_shift:
            return y
        first, second = y.chunk(2, dim=-1)
        return torch.cat([second, F.pad(first[:, :-1], (0, 0, 1, 0))], dim=-1)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        w, shape = self.weights, self.shape
        B, T = tokens.shape
        x = w["embedding"][tokens] + w["positions"]
        for i in range(shape.layers):
            qkv = F.linear(self.read(x), w[f"qkv_{i}"])
            q, k, v = qkv.view(B, T, 3, shape.heads, -1).permute(2, 0, 3, 1, 4)
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + F.linear(mixed.transpose(1, 2).reshape(B, T, -1), w[f"out_{i}"])
            x = x + F.linear(F.relu(F.linear(self.read(x), w[f"up_{i}"])).square(), w[f"down_{i}"])
        return F.linear(F.rms_norm(x, (shape.width,), eps=1e-6), w["embedding"])


def numpy_step(shape: Shape, parameters: Parameters, batch: np.ndarray):
    a = Activations(shape, len(batch))
    b, gradient = Backward(a), Parameters(shape)
    optimizer = AdamW(parameters.flat, decay=0.03)

    def step() -> float:
        loss = loss_and_gradient(parameters, a, b, batch[:, :-1], batch[:, 1:], gradient)
        optimizer.step(gradient.flat, LR)
        return loss

    return step


def torch_step(shape: Shape, parameters: Parameters, batch: np.ndarray):
    model = TorchModel(shape, parameters)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=LR, betas=(0.9, 0.95), weight_decay=0.03, fused=True
    )
    tokens = torch.from_numpy(batch[:, :-1].copy())
    targets = torch.from_numpy(batch[:, 1:].copy()).ravel()

    def step() -> float:
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(model(tokens).flatten(0, 1), targets)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss.item()

    return step


def together_step(width: int, models: int, batch: np.ndarray, device: torch.device):
    """A step of `models` models at once by the torch engine."""
    configs = [recipe("prose", width, 2**24, seed) for seed in range(models)]
    stack = Stack(configs, device, None)
    text = torch.from_numpy(np.stack([batch] * models)).to(device)

    def step() -> float:
        return float(stack.step(0, text).sum())  # waits for the device

    return step


def seconds_per_call(function, seconds: float) -> float:
    """Mean time of the calls that fit into `seconds`."""
    calls, start = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - start) < seconds:
        function()
        calls += 1
    return elapsed / calls


def matmul_peak() -> float:
    """FLOP/s of the core's best float32 product among shapes like ours: an upper bound."""
    best = 0.0
    for rows, inner, columns in ((640, 160, 1024), (512, 128, 1024), (512, 512, 512)):
        a = np.ones((rows, inner), np.float32)
        b = np.ones((inner, columns), np.float32)
        out = np.empty((rows, columns), np.float32)
        for _ in range(5):
            seconds = seconds_per_call(lambda a=a, b=b, out=out: np.matmul(a, b, out=out), 0.1)
            best = max(best, 2 * rows * inner * columns / seconds)
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--widths", type=int, nargs="+", default=[8, 12, 16, 24, 32, 48, 64, 96, 128, 160]
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.3, help="of each round")
    parser.add_argument("--device", default="cpu", help="of the torch engine: cpu or cuda")
    parser.add_argument("--together", type=int, default=8, help="models at once, torch engine")
    args = parser.parse_args()

    torch.set_num_threads(1)
    threadpool_limits(1, user_api="blas")
    peak = matmul_peak()
    print(f"{cpu_model()}; numpy {np.__version__}, PyTorch {torch.__version__}; one thread")
    print(f"best matrix product: {peak / 1e9:.0f} GFLOP/s; {MICRO_BATCH} x 64 tokens a step\n")
    device = find_device(args.device)
    print(f"together: {args.together} models on {device}")
    print(
        f"{'width':>5} {'numpy':>9} {'PyTorch':>9} {'ratio':>6} {'of peak':>8} {'together':>9}   GFLOP/s"
    )
    for width in args.widths:
        shape = Shape(width=width, heads=max(1, width // 32))
        parameters = initialise(shape, 0)
        batch = np.random.default_rng(0).integers(0, 128, (MICRO_BATCH, shape.context + 1))
        engines = [torch_step(shape, parameters, batch), numpy_step(shape, parameters, batch)]
        for _ in range(10):  # warm up, and make sure that both are the same model
            losses = [engine() for engine in engines]
            assert abs(losses[0] - losses[1]) < 2e-3 * losses[1], losses
        engines.append(together_step(width, args.together, batch, device))
        engines[-1]()
        times = [[], [], []]
        for _ in range(args.rounds):
            for engine, measured in zip(engines, times, strict=True):
                measured.append(seconds_per_call(engine, args.seconds))
        flops = training_flops_per_token(shape.layers, width, shape.context) * batch[:, 1:].size
        slow, fast, many = (flops / statistics.median(measured) for measured in times)
        print(
            f"{width:5d} {fast / 1e9:9.1f} {slow / 1e9:9.1f} {fast / slow:6.2f} {fast / peak:8.0%} "
            f"{args.together * many / 1e9:9.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
