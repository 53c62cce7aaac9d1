# SPDX-License-Identifier: MIT
"""Two CAN controllers on one bus (QEMU's Kvaser card with the kernel's driver of the real one):
bit rate, state, and an interface that goes down, is unplugged and comes back. It has no electrical
layer: see docs/test-machine.md for what that leaves out."""

from pathlib import Path

import machine
from machine import run, try_run, wait_for

DRIVER = Path("/sys/bus/pci/drivers/kvaser_pci")


class Controller(machine.MachineTest):
    def setUp(self):
        super().setUp()
        for name in ("can0", "can1"):
            self.addCleanup(try_run, "ip", "link", "set", name, "down")

    def set_up(self, name, *options):
        run("ip", "link", "set", name, "down")
        run("ip", "link", "set", name, "type", "can", *options)
        run("ip", "link", "set", name, "up")

    def test_the_driver_is_the_one_of_the_real_card(self):
        for name in ("can0", "can1"):
            driver = Path(f"/sys/class/net/{name}/device/driver").resolve().name
            self.assertEqual(driver, "kvaser_pci")

    def test_the_bit_rate_is_what_was_set(self):
        for bit_rate in (250000, 500000, 1000000):
            self.set_up("can0", "bitrate", bit_rate, "restart-ms", 100)
            can = self.can("can0")
            self.assertEqual(can["bittiming"]["bitrate"], bit_rate)
            self.assertEqual(can["restart_ms"], 100)
            self.assertEqual(can["state"], "ERROR-ACTIVE")

    def test_an_impossible_bit_rate_is_refused(self):
        run("ip", "link", "set", "can0", "down")
        done = try_run("ip", "link", "set", "can0", "type", "can", "bitrate", 3000000)
        self.assertNotEqual(done.returncode, 0)

    def test_frames_cross_the_bus(self):
        self.set_up("can0", "bitrate", 250000)
        self.set_up("can1", "bitrate", 250000)
        candump = self.start_candump("-n", "2", "-L", "can1")
        run("cansend", "can0", "2F4#5802790E32000000")
        run("cansend", "can0", "18F128F4#010203")
        candump.wait()
        self.assertEqual([line.split()[-1] for line in candump.log.splitlines()],
                         ["2F4#5802790E32000000", "18F128F4#010203"])

    def test_a_listener_outlives_an_interface_that_goes_down(self):
        self.set_up("can0", "bitrate", 250000)
        self.set_up("can1", "bitrate", 250000)
        candump = self.start_candump("-D", "can1")
        run("ip", "link", "set", "can1", "down")
        wait_for("can1: down", lambda: "UP" not in self.link("can1")["flags"])
        run("ip", "link", "set", "can1", "up")
        run("cansend", "can0", "123#01")
        wait_for("candump: a frame again", lambda: "123" in candump.log)

    def test_an_unplugged_card_is_gone_and_comes_back(self):
        self.set_up("can1", "bitrate", 250000)
        slot = Path("/sys/class/net/can1/device").resolve().name
        (DRIVER / "unbind").write_text(slot)
        wait_for("can1: gone", lambda: self.link("can1") is None)
        (DRIVER / "bind").write_text(slot)
        wait_for("can1: back", lambda: self.link("can1") is not None)
        self.assertNotIn("UP", self.link("can1")["flags"])
        self.set_up("can1", "bitrate", 250000)
        self.assertIn("UP", self.link("can1")["flags"])


if __name__ == "__main__":
    machine.main()
