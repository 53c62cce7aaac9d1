# SPDX-License-Identifier: MIT
"""100 packs at 1 Hz from one bmsd, beside a gpsd that reads one receiver: memory of both.

The boards are simulated, on seven lines; gpsd (Debian package gpsd) reads NMEA from a pseudo
terminal once a second and has one client. Every reading has to be in the history.
"""

import contextlib
import os
import pathlib
import pty
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import tty

BMSD, BMS_SIM = sys.argv[1:3]
SECONDS = int(sys.argv[3]) if len(sys.argv) > 3 else 150

PACKS = 100
LINES = 7
PATIENCE_S = 60
PSS_RATIO = 1.5
# Of a reading a second and pack; the machine that runs seven lines of boards may be busy.
LEAST_READINGS = 0.95


@contextlib.contextmanager
def running(*arguments, log):
    with open(log, "wb") as output:
        child = subprocess.Popen([str(argument) for argument in arguments],
                                 stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        yield child
    finally:
        child.terminate()
        child.wait(PATIENCE_S)


def wait_for(what, condition):
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"{what}: not within {PATIENCE_S} s")
        time.sleep(0.05)


def boards_of(line):
    """Addresses of the boards on a line; the packs are dealt out evenly."""
    return range(1, 1 + PACKS // LINES + (line < PACKS % LINES))


def write_config(directory):
    groups = ",\n".join(
        f'{{ name = "p{line}_{address:02}"; device = "{directory}/tty{line}";'
        f" address = {address}; period_ms = 1000; }}"
        for line in range(LINES) for address in boards_of(line))
    path = directory / "bmsd.conf"
    path.write_text(f'history = "{directory}/history.db";\ndbus = "none";\nlog = "stderr";\n'
                    f"packs = (\n{groups}\n);\n")
    return path


def nmea(body):
    checksum = 0
    for character in body.encode():
        checksum ^= character
    return f"${body}*{checksum:02X}\r\n".encode()


def send_nmea(fd, stop):
    """A receiver that stands still."""
    while not stop.wait(1):
        now = time.strftime("%H%M%S", time.gmtime())
        date = time.strftime("%d%m%y", time.gmtime())
        os.write(fd, nmea(f"GPGGA,{now},4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,")
                 + nmea(f"GPRMC,{now},A,4807.038,N,01131.000,E,000.0,000.0,{date},,"))


def drain(client, stop, received):
    while not stop.is_set():
        with contextlib.suppress(socket.timeout):
            received.append(len(client.recv(65536)))


@contextlib.contextmanager
def running_gpsd(directory):
    """gpsd with a receiver and a client."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    name = os.ttyname(slave)
    os.chmod(name, 0o666)  # gpsd gives up being root
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    stop, received = threading.Event(), []
    threads = [threading.Thread(target=send_nmea, args=(master, stop))]
    program = shutil.which("gpsd", path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if not program:
        sys.exit("gpsd: not there; it is in the Debian package gpsd")
    with running(program, "-N", "-n", "-S", port, name, log=directory / "gpsd.log") as gpsd:
        client = socket.socket()
        wait_for("gpsd", lambda: client.connect_ex(("127.0.0.1", port)) == 0)
        client.settimeout(0.5)
        client.sendall(b'?WATCH={"enable":true,"json":true};\n')
        threads.append(threading.Thread(target=drain, args=(client, stop, received)))
        for thread in threads:
            thread.start()
        try:
            yield gpsd, received
        finally:
            stop.set()
            for thread in threads:
                thread.join()
            client.close()
    os.close(master)
    os.close(slave)


def memory_kib(pid):
    """(Rss, Pss, anonymous)"""
    rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return [int(re.search(rf"^{name}:\s+(\d+) kB", rollup, re.M)[1])
            for name in ("Rss", "Pss", "Anonymous")]


def readings(history):
    """(packs, readings) that the minutes have."""
    connection = sqlite3.connect(f"file:{history}?mode=ro", uri=True, timeout=PATIENCE_S)
    with contextlib.closing(connection):
        return connection.execute(
            "SELECT count(DISTINCT pack_id), coalesce(sum(n), 0) FROM m1").fetchone()


def measure(directory):
    with contextlib.ExitStack() as stack:
        for line in range(LINES):
            stack.enter_context(running(
                BMS_SIM, "--link", directory / f"tty{line}", "--cells", "25", "--address",
                f"1-{len(boards_of(line))}", log=directory / f"sim{line}.log"))
        for line in range(LINES):
            wait_for("simulated boards", (directory / f"tty{line}").exists)
        log = directory / "bmsd.log"
        bmsd = stack.enter_context(running(BMSD, "--config", write_config(directory), log=log))
        gpsd, received = stack.enter_context(running_gpsd(directory))
        begun = time.monotonic()
        time.sleep(SECONDS)
        if bmsd.poll() is not None or gpsd.poll() is not None:
            sys.exit(f"bmsd or gpsd ended:\n{log.read_text()}")
        if not sum(received[-5:]):
            sys.exit("gpsd told its client nothing")
        memory = memory_kib(bmsd.pid), memory_kib(gpsd.pid)
        seconds = time.monotonic() - begun
    return memory, seconds, log.read_text()


def show(mark, name, value, unit, limit=""):
    print(f"{mark:4}  {name:46} {value:9.2f} {unit}{limit}", flush=True)


def gate(name, value, unit, met, limit):
    show("PASS" if met else "MISS", name, value, unit, f" ({limit})")
    return met


def main():
    with tempfile.TemporaryDirectory(prefix="bmsd-bench.") as name:
        directory = pathlib.Path(name)
        (bmsd, gpsd), seconds, log = measure(directory)
        packs, count = readings(directory / "history.db")
    for who, figures in (("gpsd", gpsd), (f"bmsd with {PACKS} packs", bmsd)):
        for what, value in zip(("RSS", "PSS", "anonymous"), figures):
            show("", f"{who}: {what}", value, "KiB")
    share = count / PACKS / seconds
    lost = len(re.findall(r"history.*(lost|dropped)", log))
    results = [
        gate("packs in the history", packs, "", packs == PACKS, f"exactly {PACKS}"),
        gate("readings of those due", share, "", share >= LEAST_READINGS,
             f"at least {LEAST_READINGS}"),
        gate("complaints of a full queue", lost, "", lost == 0, "exactly 0"),
        gate("PSS against gpsd", bmsd[1] / gpsd[1], "", bmsd[1] <= PSS_RATIO * gpsd[1],
             f"at most {PSS_RATIO}"),
    ]
    print("PASS" if all(results) else "MISS")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
