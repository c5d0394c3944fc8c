"""How fast and how large: the main job beside its physical limit, measured in one run.

    .venv/bin/python bench/speed.py [--size 10000] [--folder var/bench] [--only read,detect,find]

`read` merely reads and decodes both images with two threads; `detect` is `detect()`;
`find` is the whole command, from its start to the last annex on disk (its processor seconds: to the very end). Each runs
in a fresh process; read the ratios, not the seconds, and on a machine that others use the processor's. The pair is made once and kept in the folder.
Beyond 10,000 pixels a side the files repeat the tiles of the 10,000 (`_wide.py`): all is decoded and scored, but the files
are small, so `find` hashes less than it would.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import rasterio

ROOT = Path(__file__).resolve().parents[1]
THREADS = 2
GDAL_CACHE_MB = 64
LARGEST_MADE = 10_000
PARTS = ("read", "detect", "find")


def read_both(paths: list[Path]) -> None:
    """Decode every block of both files, two threads, each with its own handles."""

    def work(number: int) -> None:
        for path in paths:
            with rasterio.open(path) as dataset:
                for k, (_, window) in enumerate(dataset.block_windows(1)):
                    if k % THREADS == number:
                        dataset.read(window=window)

    with rasterio.Env(GDAL_CACHEMAX=GDAL_CACHE_MB << 20):
        threads = [threading.Thread(target=work, args=(n,)) for n in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def detect_both(paths: list[Path]) -> dict:
    """`detect` on both files; what it found."""
    from ecoredline.change import detect
    from ecoredline.raster import common_grid, open_scene
    from ecoredline.record import Job

    spans: dict[str, float] = {}
    last = ["open", time.perf_counter()]

    def report(progress) -> None:
        now = time.perf_counter()
        spans[last[0]] = spans.get(last[0], 0.0) + now - last[1]
        last[:] = [progress.stage, now]

    scenes = [open_scene(path) for path in paths]
    grid, _ = common_grid(*scenes)
    change = detect(*scenes, grid, job=Job(report=report))
    report(type("End", (), {"stage": "end"}))
    changed = int(change.runs.pixels.sum())
    share = changed / (grid.rows * grid.cols)
    return {"runs": len(change.runs), "changed_share": round(share, 5),
            "stages": {k: round(v, 2) for k, v in spans.items()}}  # fmt: skip


def play(role: str, paths: list[Path]) -> None:
    """Do one part in this process and print what it cost, as JSON."""
    begun = time.perf_counter()
    found = read_both(paths) if role == "read" else detect_both(paths)
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cpu = time.process_time()
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak_mb": peak, "found": found}))


def measure(role: str, pair: dict[str, Path]) -> dict:
    """Run one part in a fresh process; seconds, peak MB and what it found."""
    if role != "find":
        command = [
            sys.executable,
            __file__,
            "--role",
            role,
            str(pair["before"]),
            str(pair["after"]),
        ]
        out = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
        return json.loads(out.splitlines()[-1])
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "ecoredline.cli", "find", pair["before"], pair["after"],
                   "--redline", pair["redline"], "--out", Path(folder) / "run"]  # fmt: skip
        begun, since, had = time.perf_counter(), time.time(), children_cpu()
        child = subprocess.Popen([str(c) for c in command], stdout=subprocess.DEVNULL, cwd=ROOT)
        peak = peak_of(child)
        if child.returncode:
            raise SystemExit(f"ecoredline find ended with {child.returncode}")
        whole = time.perf_counter() - begun
        annexes = (Path(folder) / "run" / "annex-2.docx").stat().st_mtime - since
        return {"seconds": annexes, "peak_mb": peak, "cpu": children_cpu() - had,
                "found": f"with letter, all evidence sheets and report {whole:.2f} s"}  # fmt: skip


def children_cpu() -> float:
    """Processor seconds of all ended children."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def peak_of(child: subprocess.Popen) -> float:
    """Wait for a process; the most memory it held at once, MB."""
    peak = 0.0
    status = Path(f"/proc/{child.pid}/status")
    while child.poll() is None:
        for line in status.read_text().splitlines() if status.exists() else ():
            if line.startswith("VmHWM"):
                peak = max(peak, int(line.split()[1]) / 1024)
        time.sleep(0.05)
    return peak


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    arguments.add_argument("--size", type=int, default=10_000, help="pixels a side")
    arguments.add_argument("--folder", type=Path, default=ROOT / "var" / "bench")
    arguments.add_argument("--only", default=",".join(PARTS), help="parts, with commas between")
    arguments.add_argument(
        "--repeat", type=int, default=3, help="runs of each part; the median counts"
    )
    arguments.add_argument("--role", choices=PARTS, help=argparse.SUPPRESS)
    arguments.add_argument("paths", nargs="*", type=Path, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.role:
        play(given.role, given.paths)
        return
    from _pair import make_pair

    pair = pair_of(given.folder, given.size)
    parts = [part for part in PARTS if part in given.only.split(",")]
    if "detect" in parts or "find" in parts:
        measure("detect", make_pair(given.folder, 1200))  # compiles the kernels once, not counted
    runs = {part: [] for part in parts}
    for _ in range(given.repeat):  # in turn, so that a busy moment hits all alike
        for part in parts:
            runs[part].append(measure(part, pair))
    table(given.size, runs)


def pair_of(folder: Path, size: int) -> dict[str, Path]:
    """The pair of that size; beyond `LARGEST_MADE` its tiles are those of the largest, repeated."""
    from _pair import make_pair
    from _wide import make_wide_pair

    made = min(size, LARGEST_MADE)
    if shutil.disk_usage(ROOT).free < 24 * made**2:
        raise SystemExit(f"the pair needs {24 * made**2 / 1e9:.1f} GB of disk")
    pair = make_pair(folder, made)
    return pair if size == made else make_wide_pair(pair, folder, size)


def table(size: int, runs: dict[str, list[dict]]) -> None:
    """Print medians and ratios as a Markdown table."""
    medians = {p: sorted(r, key=lambda one: one["seconds"])[len(r) // 2] for p, r in runs.items()}
    limit = medians.get("read", {}).get("seconds")
    print(f"\n{size} x {size}, two 4-band uint16 COGs (DEFLATE), {THREADS} threads\n")
    cpu_limit = medians.get("read", {}).get("cpu")
    print("| part | seconds | x reading | cpu s | x reading | peak MB | found |")
    print("|---|---|---|---|---|---|---|")
    for part, one in medians.items():
        ratio = f"{one['seconds'] / limit:.2f}" if limit else "-"
        cpu_ratio = f"{one['cpu'] / cpu_limit:.2f}" if cpu_limit else "-"
        print(
            f"| {part} | {one['seconds']:.2f} | {ratio} | {one['cpu']:.2f} | {cpu_ratio} "
            f"| {one['peak_mb']:.0f} | {one['found'] or ''} |"
        )
    print(
        f"\nload of the machine (1, 5, 15 minutes): {', '.join(f'{v:.1f}' for v in os.getloadavg())}"
    )


if __name__ == "__main__":
    main()
