# SPDX-License-Identifier: MIT
"""Real programs around a test: simulated boards on ptys, bmsd, a message bus, bmsctl.

Paths come from the environment (tests/integration/meson.build). Everything a test makes lives in
one temporary directory and ends with the test; when it fails, the logs are printed.
"""

import json
import os
import re
import select
import signal
import socket
import sqlite3
import struct
import subprocess
import tempfile
import termios
import threading
import time
import tty
import unittest
from pathlib import Path

BMSD = os.environ["BMSD"]
BMSCTL = os.environ["BMSCTL"]
BMS_SIM = os.environ["BMS_SIM"]
LONG = bool(os.environ.get("BMSD_TEST_LONG"))

# Two noisy cores and sanitizers: long enough that only a bug takes longer.
PATIENCE_S = 30

SANITIZER = re.compile(r"runtime error:|ERROR: (Address|Leak)Sanitizer|WARNING: ThreadSanitizer")


def wait_for(what, condition, patience_s=PATIENCE_S):
    """The condition's first true value; fails the test if it stays false."""
    deadline = time.monotonic() + patience_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {patience_s} s")
        time.sleep(0.05)


def crc16(data):
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return struct.pack("<H", crc)


class RawModbus:
    """A Modbus master of our own, so that the daemon is not the judge of its own writes."""

    def __init__(self, path):
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.fd)
        attributes = termios.tcgetattr(self.fd)
        attributes[4] = attributes[5] = termios.B115200
        termios.tcsetattr(self.fd, termios.TCSANOW, attributes)
        termios.tcflush(self.fd, termios.TCIOFLUSH)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.fd)

    def exchange(self, request, timeout_s=2.0, gap_s=0.1):
        """Everything the board sends until it pauses."""
        os.write(self.fd, request + crc16(request))
        answer = b""
        wait_s = timeout_s
        while select.select([self.fd], [], [], wait_s)[0]:
            answer += os.read(self.fd, 512)
            wait_s = gap_s
        return answer

    def read(self, unit, register, count):
        """Bytes of count registers."""
        answer = self.exchange(struct.pack(">BBHH", unit, 3, register, count))
        if crc16(answer[:-2]) != answer[-2:] or answer[:3] != bytes((unit, 3, 2 * count)):
            raise AssertionError(f"read of {register:#x}: answered {answer.hex(' ')}")
        return answer[3:-2]

    def read_u32(self, unit, register):
        return struct.unpack(">I", self.read(unit, register, 2))[0]


class Process:
    """A child with its output in a file."""

    def __init__(self, name, arguments, directory, environment=None):
        self.name = name
        self.arguments = [str(argument) for argument in arguments]
        self.log_path = directory / f"{name}.log"
        self.environment = {**os.environ, **(environment or {})}
        self.popen = None

    def start(self):
        with open(self.log_path, "ab") as log:
            self.popen = subprocess.Popen(
                self.arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=self.environment)
        return self

    @property
    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    @property
    def pid(self):
        return self.popen.pid

    def is_running(self):
        return self.popen is not None and self.popen.poll() is None

    def wait(self, patience_s=PATIENCE_S):
        return self.popen.wait(patience_s)

    def stop(self, number=signal.SIGTERM):
        """The exit status; a child that does not stop is killed and is an error."""
        if self.popen is None:
            return 0
        if self.is_running():
            self.popen.send_signal(number)
        try:
            return self.wait()
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
            raise AssertionError(f"{self.name} did not stop on {number!r}") from None


class Board(Process):
    """bms-sim: one serial line with a board at each address."""

    def __init__(self, directory, name, addresses, options):
        self.link = directory / f"{name}.tty"
        self.store = directory / f"{name}.params"
        self.addresses = addresses
        arguments = [BMS_SIM, "--link", self.link, "--store", self.store]
        arguments += ["--address", ",".join(str(address) for address in addresses)]
        for key, value in options.items():
            arguments += ["--" + key.replace("_", "-"), value]
        super().__init__(name, arguments, directory)

    def start(self):
        super().start()
        wait_for(f"{self.name}: its line", self.link.exists)
        return self

    def kill(self):
        self.stop(signal.SIGKILL)
        self.link.unlink(missing_ok=True)


class Daemon(Process):
    """bmsd, spoken to as systemd does."""

    def __init__(self, directory, name, config_path, environment):
        self.notify_path = directory / f"{name}.notify"
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(str(self.notify_path))
        self.states = []
        # A daemon whose states nobody reads would wait for its reader.
        threading.Thread(target=self.read_states, daemon=True).start()
        self.config_path = config_path
        super().__init__(name, [BMSD, "--config", config_path], directory,
                         {**environment, "NOTIFY_SOCKET": str(self.notify_path)})

    def read_states(self):
        with self.notify:
            while (message := self.notify.recv(4096).decode()) != "close":
                self.states += message.splitlines()

    def wait_state(self, state, count=1):
        def told():
            if not self.is_running():
                raise AssertionError(f"bmsd ended with {self.popen.returncode}")
            return self.states.count(state) >= count
        wait_for(f"bmsd: {state}", told)

    def start(self):
        self.states.clear()  # those of an earlier life do not count
        super().start()
        self.wait_state("READY=1")
        return self

    def reload_by_signal(self):
        """SIGHUP, and wait for the answer."""
        ready = self.states.count("READY=1")
        self.popen.send_signal(signal.SIGHUP)
        self.wait_state("READY=1", ready + 1)

    def check(self):
        """bmsd --check on the same file: (exit status, output)."""
        done = subprocess.run([BMSD, "--check", "--config", self.config_path], text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False,
                              timeout=PATIENCE_S)
        return done.returncode, done.stdout + done.stderr

    def close(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"close", str(self.notify_path))


def config_value(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dict):
        return "{ " + " ".join(f"{k} = {config_value(v)};" for k, v in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "( " + ",\n  ".join(config_value(v) for v in value) + " )"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


class IntegrationTest(unittest.TestCase):
    maxDiff = None

    def run(self, result=None):
        with tempfile.TemporaryDirectory(prefix="bmsd-test.") as directory:
            self.directory = Path(directory)
            self.processes = []
            self.bus_environment = None
            self.history_path = self.directory / "history.db"
            failures = len(result.failures) + len(result.errors)
            super().run(result)
            if len(result.failures) + len(result.errors) > failures:
                self.print_logs()
        return result

    def print_logs(self):
        for process in self.processes:
            ended = process.popen and process.popen.returncode
            print(f"---- {process.name}, ended with {ended}", process.log[-8000:], sep="\n")
        config = self.directory / "bmsd.conf"
        if config.exists():
            print("---- bmsd.conf", config.read_text(errors="replace"), sep="\n")

    def setUp(self):
        self.addCleanup(self.stop_all)

    def stop_all(self):
        """Everything ends in reverse order, and nothing may have upset a sanitizer."""
        for process in reversed(self.processes):
            process.stop()
        for process in self.processes:
            self.assertNotRegex(process.log, SANITIZER, process.name)
            if isinstance(process, Daemon):
                process.close()

    def keep(self, process):
        if process not in self.processes:
            self.processes.append(process)
        return process

    # What a test starts

    def start_board(self, name="board", addresses=(1,), **options):
        settings = {"cells": 8, "chemistry": "lfp", "capacity_mah": 100000, "profile": "idle",
                    "seed": 1, **options}
        return self.keep(Board(self.directory, name, addresses, settings)).start()

    def start_bus(self):
        bus = Process("bus", ["dbus-daemon", "--session", "--nofork", "--nopidfile",
                              f"--address=unix:dir={self.directory}", "--print-address=1"],
                      self.directory)
        self.keep(bus).start()
        address = wait_for("the bus", lambda: bus.log.split("\n")[0] if "\n" in bus.log else "")
        self.bus_environment = {"DBUS_SESSION_BUS_ADDRESS": address, "BMSD_BUS": "session"}
        return bus

    def pack(self, board, name=None, address=1, **options):
        """A pack's group in the configuration."""
        return {"name": name or board.name, "device": board.link, "address": address, **options}

    def write_config(self, packs, **options):
        daemon = {"history": self.history_path, "commit_interval_s": 5, "log": "stderr",
                  "dbus": "session" if self.bus_environment else "none", **options}
        lines = [f"{key} = {config_value(value)};" for key, value in daemon.items()]
        lines.append(f"packs = {config_value(packs)};")
        path = self.directory / "bmsd.conf"
        path.write_text("\n".join(lines) + "\n")
        return path

    def start_daemon(self, packs, **options):
        path = self.write_config(packs, **options)
        daemon = Daemon(self.directory, "bmsd", path, self.bus_environment or {})
        return self.keep(daemon).start()

    # What a test asks

    def bmsctl(self, *arguments, status=0):
        """Its output; the exit status must be the one given (None: any)."""
        done = self.try_bmsctl(*arguments)
        if status is not None:
            self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout

    def try_bmsctl(self, *arguments):
        done = subprocess.run([BMSCTL, *(str(a) for a in arguments)], text=True, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S,
                              env={**os.environ, **(self.bus_environment or {})})
        self.assertNotRegex(done.stderr, SANITIZER, "bmsctl")
        return done

    def bmsctl_json(self, *arguments):
        return json.loads(self.bmsctl(*arguments, "--json"))

    def busctl(self, *arguments):
        """A client that is not ours."""
        done = subprocess.run(["busctl", "--user", *arguments], text=True, capture_output=True,
                              check=False, timeout=PATIENCE_S,
                              env={**os.environ, **self.bus_environment})
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def pack_counters(self, name):
        counters = json.loads(self.busctl(
            "--json=short", "get-property", "org.bmsd1", f"/org/bmsd1/pack/{name}",
            "org.bmsd1.Pack", "Counters"))
        return counters["data"]

    def query(self, sql, *parameters):
        """Rows of the history as a reader sees them while the daemon runs."""
        connection = sqlite3.connect(f"file:{self.history_path}?mode=ro", uri=True, timeout=10)
        try:
            return connection.execute(sql, parameters).fetchall()
        finally:
            connection.close()

    def value(self, sql, *parameters):
        return self.query(sql, *parameters)[0][0]

    def has_table(self, name):
        return self.history_path.exists() and bool(
            self.query("select 1 from sqlite_schema where name = ?", name))

    def wait_value(self, what, sql, *parameters, patience_s=PATIENCE_S):
        """The first value the query gives that is true."""
        def ask():
            if not self.history_path.exists():
                return None
            try:
                rows = self.query(sql, *parameters)
            except sqlite3.OperationalError:
                return None
            return rows[0][0] if rows else None
        return wait_for(what, ask, patience_s)


def main():
    unittest.main(verbosity=2)
