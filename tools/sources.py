# SPDX-License-Identifier: MIT
"""The project's own files, for the checks beside this file."""

import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
SKIPPED = ("build", ".git", "__pycache__")


def files(root=ROOT):
    """Every file git knows or would add; of a tree without git, every file outside build folders."""
    listing = subprocess.run(
        ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
    )
    if listing.returncode == 0:
        paths = [root / name for name in listing.stdout.split("\0") if name]
    else:
        paths = [
            path
            for path in root.rglob("*")
            if not path.relative_to(root).parts[0].startswith(SKIPPED)
        ]
    return sorted(path for path in paths if path.is_file() and not path.is_symlink())
