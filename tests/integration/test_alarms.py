# SPDX-License-Identifier: MIT
"""Whatever can happen to a battery, while bmsd watches: each fault becomes the right row in the table
`event` when it comes, and another one when it is over.

Eight boards on a line, at five times the speed of life, with a fault each at a time. What the
faults are is said on the simulator's control socket.
"""

import re
import socket
import struct
import time
from pathlib import Path

import harness

ROOT = Path(__file__).resolve().parents[2]
BOARDS = 8
SPEED = 5

# Alarm: what brings it, what ends it, and for some what must have happened before.
FAULTS = {
    "cell_ovp": (["cell_mv[3] 3700"], ["cell_mv[3] normal"]),
    "cell_uvp": (["cell_mv[3] 2550"], ["cell_mv[3] normal"]),
    "pack_ovp": (["pack_mv 29500"], ["pack_mv normal"]),
    "pack_uvp": (["pack_mv 20500"], ["pack_mv normal"]),
    "charge_ocp": (
        ["charger_dumb 1", "charger_ma 30000"], ["charger_ma normal", "charger_dumb normal"]),
    "charge_scp": (
        ["charger_dumb 1", "charger_ma 900000"], ["charger_ma normal", "charger_dumb normal"]),
    "charge_otp": (["probe_dc[1] 720"], ["probe_dc[1] normal"]),
    "charge_utp": (["probe_dc[1] -250"], ["probe_dc[1] normal"]),
    "coprocessor": (["cells_frozen 1"], ["cells_frozen normal"]),
    "current_sensor": (["shunt_frozen 1"], ["shunt_frozen normal"]),
    "discharge_ocp": (["load_ma 25000"], ["load_ma normal"]),
    "discharge_ocp2": (["load_ma 35000"], ["load_ma normal"]),
    "discharge_ocp3": (["load_ma 60000"], ["load_ma normal"]),
    "discharge_scp": (["fuse_holds 1", "load_ma 900000"], ["load_ma normal"]),
    # Closes into the short circuit once more; then somebody turns the key.
    "scp_release": (
        ["fuse_holds 1", "load_ma 900000"], ["load_ma normal", "acc_on 0", "acc_on 1"]),
    "charge_switch": (["relay_stuck[1] 1"], ["relay_stuck[1] normal"]),
    "discharge_switch": (["relay_welded[2] 1", "cell_mv[3] 2550"],
                         ["relay_welded[2] normal", "cell_mv[3] normal", "acc_on 0", "acc_on 1"]),
    # Discharge is to be switched on again, and the load is short.
    "discharge_start": (["load_short_mohm 0", "cell_mv[3] normal"], ["load_short_mohm normal"],
                        "cell_uvp", ["cell_mv[3] 2550"]),
    "probe": (["probe_open[1] 1"], ["probe_open[1] normal"]),
    "wire_resistance": (["wire_open[1] 1"], ["wire_open[1] normal"]),
    "cell_count": (["cell_mv[8] 0"], ["cell_mv[8] normal"]),
    "mos_otp": (["board_dc 1050"], ["board_dc normal"]),
    # The hot or cold battery of charge_otp and charge_utp; a short probe is as bad as an open one.
    "discharge_otp": (["probe_dc[2] 720"], ["probe_dc[2] normal"]),
    "discharge_utp": (["probe_dc[3] -250"], ["probe_dc[3] normal"]),
}

# Not by a fault: the password is changed.
ELSEWHERE = {"default_password"}


def alarm_keys():
    text = (ROOT / "include/bms/alarms.def").read_text()
    return set(re.findall(r"^BMS_ALARM\(\d+, \w+, (\w+),", text, re.M))


def alarms_without_a_fault():
    """First column of the table in docs/firmware.md under that heading."""
    text = (ROOT / "docs/firmware.md").read_text()
    section = text.split("## Alarms this board never raises")[1].split("\n## ")[0]
    return set(re.findall(r"^\| (\w+) \| [^|]{20,} \|$", section, re.M))


class Control:
    """The simulator's control socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(harness.PATIENCE_S)
        self.socket.connect(str(path))
        self.lines = self.socket.makefile("r")

    def close(self):
        self.lines.close()
        self.socket.close()

    def say(self, address, command):
        """The answer without its last line, which must be "ok"."""
        self.socket.sendall(f"{address}: {command}\n".encode())
        answer = []
        while (line := self.lines.readline().rstrip("\n")) != "ok":
            if not line or line.startswith("error"):
                raise AssertionError(f"{command}: {line}")
            answer.append(line)
        return answer


class Alarms(harness.IntegrationTest):
    def start_watched(self, boards=BOARDS):
        addresses = range(1, boards + 1)
        self.sim = self.start_board(
            addresses=addresses, speed=SPEED, control=self.directory / "control",
            gps_link=self.directory / "gps")
        self.control = Control(self.directory / "control")
        self.addCleanup(self.control.close)
        return addresses

    def watch(self, addresses):
        packs = [self.pack(self.sim, name=f"p{a}", address=a) for a in addresses]
        self.start_daemon(packs)
        for address in addresses:
            self.wait_value(f"a sample of p{address}",
                            "select count(*) from sample where pack = ?", f"p{address}")

    def say(self, address, commands):
        for command in commands:
            self.control.say(address, command)

    def last(self, address, alarm):
        """on, off or None."""
        rows = self.query(
            "select kind from event where pack = ? and subject = ? and kind like 'alarm_%'"
            " order by id desc limit 1", f"p{address}", alarm)
        return rows[0][0].removeprefix("alarm_") if rows else None

    def wait_last(self, address, alarm, state):
        harness.wait_for(f"{alarm} {state} at p{address}",
                         lambda: self.last(address, alarm) == state, patience_s=90)

    def set_up(self, line, address, scp_release_s=40, precharge_s=5):
        """Limits of a small battery; the second and third overcurrent stage; the port stays RS485."""
        limits = (20000, 10, 60, 20000, 10, 40, scp_release_s)
        self.write(line, address, 0x102C, struct.pack(">7I", *limits))
        self.write(line, address, 0x1114, struct.pack(">H", 1 << 3 | 1 << 12 | 1 << 13))
        self.write(line, address, 0x110C, struct.pack(">I", precharge_s))

    def write(self, line, address, register, data):
        answer = line.exchange(
            struct.pack(">BBHHB", address, 16, register, len(data) // 2, len(data)) + data)
        self.assertEqual(answer[:6], struct.pack(">BBHH", address, 16, register, len(data) // 2))

    def run_round(self, faults):
        """One fault a board: (address, alarm)."""
        for address, alarm in faults:
            for before in FAULTS[alarm][3:]:
                self.say(address, before)
        for address, alarm in faults:
            for before in FAULTS[alarm][2:3]:
                self.wait_last(address, before, "on")
        for address, alarm in faults:
            self.say(address, FAULTS[alarm][0])
        for address, alarm in faults:
            with self.subTest(alarm=alarm):
                self.wait_last(address, alarm, "on")
            for command in FAULTS[alarm][1]:
                self.say(address, [command])
                time.sleep(0.2)  # a key is turned off for a while
        for address, alarm in faults:
            with self.subTest(alarm=alarm):
                self.wait_last(address, alarm, "off")

    def test_every_fault_becomes_its_alarm_and_its_end_another_row(self):
        addresses = self.start_watched()
        with harness.RawModbus(self.sim.link) as line:
            for address in addresses:
                self.set_up(line, address)
            release = list(FAULTS).index("scp_release") % BOARDS + 1
            self.set_up(line, release, scp_release_s=5, precharge_s=0)
        self.watch(addresses)
        faults = list(FAULTS)
        for first in range(0, len(faults), BOARDS):
            self.run_round(list(enumerate(faults[first:first + BOARDS], 1)))

    def test_the_default_password_is_an_alarm_until_it_is_changed(self):
        addresses = self.start_watched(1)
        with harness.RawModbus(self.sim.link) as line:
            self.write(line, 1, 0x14B2, b"\x01\x00")  # UART1 speaks JK Modbus
        self.watch(addresses)
        self.wait_last(1, "default_password", "on")
        with harness.RawModbus(self.directory / "gps") as line:
            self.write(line, 1, 0x1470, b"654321".ljust(12, b"\0"))
        self.wait_last(1, "default_password", "off")

    def test_spoiled_settings_open_the_relays_and_are_an_alarm(self):
        addresses = self.start_watched(1)
        self.watch(addresses)
        harness.wait_for("closed relays",
                         lambda: "relays charge discharge" in self.control.say(1, "state"))
        self.say(1, ["corrupt settings-copy", "restart"])
        time.sleep(2)
        harness.wait_for("closed relays again",
                         lambda: "relays charge discharge" in self.control.say(1, "state"))
        self.assertIsNone(self.last(1, "coprocessor"))
        self.say(1, ["corrupt settings", "restart"])
        self.wait_last(1, "coprocessor", "on")
        self.assertIn("relays", self.control.say(1, "state"))

    def test_every_alarm_is_walked_or_said_to_be_never_raised(self):
        never = alarms_without_a_fault()
        self.assertEqual(alarm_keys(), set(FAULTS) | ELSEWHERE | never)
        self.assertFalse(never & (set(FAULTS) | ELSEWHERE))


if __name__ == "__main__":
    harness.main()
