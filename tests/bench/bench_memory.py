# SPDX-License-Identifier: MIT
"""Memory of bmsd with 1 and 16 packs, all on one line, after it has read each many times."""

import contextlib
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile
import time

BMSD, BMS_SIM = sys.argv[1:3]

PERIOD_MS = 1000
PATIENCE_S = 30
SETTLE_S = 20  # each pack is read about so many times, the history committed four times
PSS_LIMIT_KIB = 8192


@contextlib.contextmanager
def running(*arguments, log):
    with open(log, "wb") as output:
        child = subprocess.Popen([str(argument) for argument in arguments],
                                 stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        yield child
    finally:
        child.terminate()
        child.wait()


def write_config(directory, device, packs):
    groups = ",\n".join(
        f'{{ name = "p{address:02}"; device = "{device}"; address = {address};'
        f" period_ms = {PERIOD_MS}; }}" for address in range(1, packs + 1))
    path = directory / "bmsd.conf"
    path.write_text(
        f'history = "{directory}/history.db";\ncommit_interval_s = 5;\n'
        f'dbus = "none";\nlog = "stderr";\npacks = (\n{groups}\n);\n')
    return path


def wait_for(path):
    deadline = time.monotonic() + PATIENCE_S
    while not path.exists():
        if time.monotonic() > deadline:
            sys.exit(f"{path}: not within {PATIENCE_S} s")
        time.sleep(0.05)


def memory_kib(pid):
    """Rss and Pss."""
    rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return [int(re.search(rf"^{name}:\s+(\d+) kB", rollup, re.M)[1]) for name in ("Rss", "Pss")]


def packs_read(history):
    connection = sqlite3.connect(f"file:{history}?mode=ro", uri=True, timeout=PATIENCE_S)
    with contextlib.closing(connection):
        return connection.execute("SELECT count(DISTINCT pack_id) FROM sample").fetchone()[0]


def measure(packs):
    with tempfile.TemporaryDirectory(prefix="bmsd-bench.") as name, contextlib.ExitStack() as stack:
        directory = pathlib.Path(name)
        device = directory / "tty"
        log = directory / "bmsd.log"
        stack.enter_context(running(BMS_SIM, "--link", device, "--address", f"1-{packs}",
                                    log=directory / "sim.log"))
        wait_for(device)
        daemon = stack.enter_context(
            running(BMSD, "--config", write_config(directory, device, packs), log=log))
        time.sleep(SETTLE_S)
        if daemon.poll() is not None:
            sys.exit(f"bmsd ended with {daemon.returncode}:\n{log.read_text()}")
        memory = memory_kib(daemon.pid)
        read = packs_read(directory / "history.db")
        if read != packs:
            sys.exit(f"bmsd has read {read} of {packs} packs:\n{log.read_text()}")
        return memory


def main():
    for packs in (1, 16):
        rss, pss = measure(packs)
        what = f"bmsd with {packs} pack{'s' if packs > 1 else ''}"
        met = pss <= PSS_LIMIT_KIB
        print(f"      {what + ': RSS':46} {rss:9} KiB")
        print(f"{'PASS' if met else 'MISS'}  {what + ': PSS':46} {pss:9} KiB"
              f" (at most {PSS_LIMIT_KIB})", flush=True)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
