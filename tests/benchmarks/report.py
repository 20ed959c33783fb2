"""How long a report of AudioSet's metadata takes, and how large its files are.

    python tests/benchmarks/report.py [--metadata DIR] [--clips N]

Without --metadata the demo's generator makes metadata of the real size. The report of six data sets
and one target is made twice: in all formats that are made if none is named, and the page alone.
"""

import argparse
import subprocess
import tempfile
import time
from pathlib import Path

from audioset_duck.catalog.build import build
from audioset_duck.config.targets import BUILT_IN
from audioset_duck.demo.metadata import make_metadata
from audioset_duck.report.writers import PAGE

SECONDS, PAGE_BYTES = 60, 5_000_000


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--metadata", type=Path)
    parser.add_argument("--clips", type=int, default=2_041_789)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        metadata = options.metadata
        if metadata is None:
            metadata = folder / "metadata"
            make_metadata(metadata, clips=options.clips)
        catalog = folder / "catalog.duckdb"
        build(catalog, [BUILT_IN["gun"]], metadata)
        for formats in ("png,html,csv", "html"):
            out = folder / formats
            command = ["audioset-duck", "--quiet", "--catalog", catalog, "report", "--out", out]
            began = time.perf_counter()
            subprocess.run([*command, "--format", formats], check=True, capture_output=True)
            seconds = time.perf_counter() - began
            sizes = {path.name: path.stat().st_size for path in out.iterdir()}
            print(
                f"{formats:12}  {seconds:5.1f} s  {len(sizes)} files"
                f"  {sum(sizes.values()) / 1e6:.1f} MB  {PAGE} {sizes[PAGE] / 1e6:.2f} MB"
            )
    print(f"aim at the real size: at most {SECONDS} s and {PAGE_BYTES / 1e6:.0f} MB of {PAGE}")


if __name__ == "__main__":
    main()
