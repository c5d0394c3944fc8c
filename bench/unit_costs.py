"""What a million pixels and a patch cost: detection and the whole `find` at two sizes.

    .venv/bin/python bench/unit_costs.py [--sizes 2000,4000] [--folder var/bench] [--note WORDS]

Writes docs/explanation/scale.json; `scripts/scale-page` makes the plan on paper of it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from ecoredline.files import sha256
from speed import children_cpu, measure, pair_of, peak_of

ROOT = Path(__file__).resolve().parents[1]
PAGE_DATA = ROOT / "docs" / "explanation" / "scale.json"
MPX = 1e6


def run_once(size: int, folder: Path) -> dict:
    """One whole `find`: processor and wall seconds, peak MB, bytes in and out, decoding beside it."""
    pair = pair_of(folder, size)
    begun = time.process_time()
    for name in ("before", "after"):
        sha256(pair[name])
    hashing = time.process_time() - begun
    read, detect = measure("read", pair), measure("detect", pair)
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "run"
        command = [sys.executable, "-m", "ecoredline.cli", "find", pair["before"], pair["after"],
                   "--redline", pair["redline"], "--out", out, "--quiet"]  # fmt: skip
        begun, had = time.perf_counter(), children_cpu()
        child = subprocess.Popen([str(c) for c in command], stdout=subprocess.DEVNULL, cwd=ROOT)
        peak = peak_of(child)
        if child.returncode:
            raise SystemExit(f"ecoredline find ended with {child.returncode}")
        files = [p for p in out.rglob("*") if p.is_file()]
        return {
            "mpx": size * size / MPX, "cpu_s": round(children_cpu() - had, 2),
            "wall_s": round(time.perf_counter() - begun, 2), "peak_mb": round(peak),
            "read_cpu_s": round(read["cpu"], 2), "detect_cpu_s": round(detect["cpu"], 2),
            "hash_cpu_s": round(hashing, 2),
            "bytes_in": sum(pair[k].stat().st_size for k in ("before", "after")),
            "bytes_out": sum(p.stat().st_size for p in files),
            "patches": json.loads((out / "run.json").read_text())["counts"]["patches"],
        }  # fmt: skip


def main() -> int:
    """Measure and write."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--sizes", default="2000,4000")
    arguments.add_argument("--folder", type=Path, default=ROOT / "var" / "bench")
    arguments.add_argument("--note", default="", help="what else the machine did")
    given = arguments.parse_args()
    sizes = sorted(int(s) for s in given.sizes.split(","))
    runs = [run_once(size, given.folder) for size in sizes]
    data = {
        "measured_on": date.today().isoformat(), "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1), "note": given.note, "pixel_m": 2, "bands": 4,
        "runs": runs,
    }  # fmt: skip
    PAGE_DATA.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(data, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
