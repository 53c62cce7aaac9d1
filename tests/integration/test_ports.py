# SPDX-License-Identifier: MIT
"""The other ports of a simulated board on ptys, and a battery to which things happen.

Judged by bytes: nothing of the firmware's own encoders is used here.
"""

import os
import select
import signal
import struct
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import harness

PATIENCE_S = harness.PATIENCE_S
FRAME = bytes.fromhex("55aaeb90")
ACK = bytes.fromhex("aa5590ebc80101") + bytes(12) + b"\x44"
# As the vendor's application sent them (syssi/esphome-jk-bms, a precharge capture).
APP_DEVICE = bytes.fromhex("aa5590eb970097a25553bef1fcf9796b521413f3")
APP_SETTINGS = bytes.fromhex("aa5590eb9600e9e22d518e1f56085727a705d462")
EVENT_LOG = bytes.fromhex("aa5590eba10000000000000000000000000000") + b"\x1b"
BOOT, CELL_OVP = 0x01, 0x11
READ_ALL = bytes.fromhex("4e5700130000000006030000000000006800000129")


class Port:
    """One line of the board, opened as any program would."""

    def __init__(self, path):
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        self.bytes = b""

    def close(self):
        os.close(self.fd)

    def send(self, data):
        os.write(self.fd, data)

    def until(self, what, condition):
        """Reads until the condition on all bytes so far gives something true."""
        deadline = time.monotonic() + PATIENCE_S
        while not (found := condition(self.bytes)):
            if time.monotonic() > deadline:
                raise AssertionError(f"{what}: got {len(self.bytes)} bytes {self.bytes[:40].hex()}")
            if select.select([self.fd], [], [], 0.1)[0]:
                self.bytes += os.read(self.fd, 4096)
        return found


def frame_of(kind):
    def find(data):
        at = data.find(FRAME + bytes([kind]))
        whole = data[at : at + 300]
        return whole if at >= 0 and len(whole) == 300 and sum(whole[:-1]) & 0xFF == whole[-1] else None

    return find


def nw_frame(data):
    if len(data) < 4 or len(data) < 2 + struct.unpack(">H", data[2:4])[0]:
        return None
    whole = data[: 2 + struct.unpack(">H", data[2:4])[0]]
    return whole if sum(whole[:-4]) & 0xFFFF == struct.unpack(">H", whole[-2:])[0] else None


class Ports(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = Path(self.folder.name)
        self.ports = []
        self.script = self.root / "faults"
        self.script.write_text("# nothing yet\n")
        command = [harness.BMS_SIM, "--cells", "25", "--profile", "idle"]
        command += ["--fault", str(self.script), "--link", str(self.root / "rs485")]
        command += ["--store", str(self.root / "store")]
        for name in ("gps", "lcd", "ble"):
            command += [f"--{name}-link", str(self.root / name)]
        self.command = command
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE)
        self.process.stdout.readline()

    def stop(self, by=signal.SIGTERM):
        while self.ports:
            self.ports.pop().close()
        self.process.send_signal(by)
        self.assertEqual(self.process.wait(PATIENCE_S), 0 if by == signal.SIGTERM else -by)
        self.process.stdout.close()

    def tearDown(self):
        self.stop()
        for name in ("rs485", "gps", "lcd", "ble"):
            self.assertFalse((self.root / name).exists(), name)
        self.folder.cleanup()

    def port(self, name):
        port = Port(self.root / name)
        self.ports.append(port)
        return port

    def test_the_gps_port_answers_318_bytes_for_25_cells(self):
        def full(data):
            """A board that has measured its cells."""
            whole = nw_frame(data)
            return whole if whole and len(whole) == 318 else None

        def asked():
            port = self.port("gps")
            port.send(READ_ALL)
            return full(port.until("read-all", nw_frame))

        whole = harness.wait_for("25 cells", asked)
        self.assertEqual(whole[:13], bytes.fromhex("4e57013c00000000060001794b"))
        self.assertEqual(whole[13], 1)

    def test_the_display_port_writes_blocks_by_itself(self):
        port = self.port("lcd")
        blocks = port.until("three blocks", lambda data: data.count(b"\xa5\x5a\x5d\x82\x10\x00") > 3)
        self.assertTrue(blocks)

    def test_the_bluetooth_port_talks_to_the_vendors_application(self):
        port = self.port("ble")
        port.send(APP_DEVICE)
        device = port.until("device information", frame_of(3))
        self.assertEqual(device[6:17], b"JK_B2A25SRP")
        port.until("acknowledgement", lambda data: ACK in data)
        port.send(APP_SETTINGS)
        settings = port.until("settings", frame_of(1))
        self.assertEqual(struct.unpack("<I", settings[114:118])[0], 25)
        live = port.until("live data", frame_of(2))
        self.assertEqual(live[287], 0xFE)

    def test_what_happens_to_the_battery_becomes_an_alarm(self):
        port = self.port("ble")
        port.send(APP_SETTINGS)
        port.until("live data", frame_of(2))
        with self.script.open("a") as script:
            script.write("0 cell_mv[3] 3700\n")

        def overcharged(data):
            at = data.rfind(FRAME + b"\x02")
            whole = data[at : at + 300]
            return len(whole) == 300 and struct.unpack("<I", whole[166:170])[0] & 1 << 4

        port.until("cell overvoltage", overcharged)

    def events(self):
        """Codes of the board's own event log, oldest first."""
        port = self.port("ble")
        port.send(EVENT_LOG)
        frame = port.until("the event log", frame_of(5))
        count = struct.unpack("<I", frame[6:10])[0]
        return [frame[11 + 5 * i + 4] for i in range(count)]

    def test_the_boards_own_log_outlives_a_kill(self):
        with self.script.open("a") as script:
            script.write("0 cell_mv[3] 3700\n")
        before = harness.wait_for(
            "overvoltage in the log", lambda: (found := self.events()) and CELL_OVP in found and found
        )
        self.script.write_text("# nothing any more\n")
        self.stop(signal.SIGKILL)
        self.start()
        after = self.events()
        self.assertEqual(after[: len(before)], before)
        self.assertIn(BOOT, after[len(before) :])

    def test_a_script_that_is_wrong_from_the_beginning_is_not_begun(self):
        self.script.write_text("0 nonsense 1\n")
        other = subprocess.run(
            [harness.BMS_SIM, "--fault", str(self.script)], capture_output=True, text=True,
            check=False, timeout=PATIENCE_S,
        )
        self.assertEqual(other.returncode, 64)
        self.assertIn(f"{self.script}:1: there is no fault of this name", other.stderr)


if __name__ == "__main__":
    unittest.main()
