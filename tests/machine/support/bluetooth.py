# SPDX-License-Identifier: MIT
"""Bluetooth without a radio: virtual controllers that hear each other, and bluetoothd.

One bluetoothd serves both: hci0 is the central's, hci1 the peripheral's. A case for a Bluetooth link
begins with

    class Link(bluetooth.BluetoothTest):
        def test_…(self):
            self.start_controllers()

and is given adapters that answer. A peripheral made of plain dbus-python is Peripheral below.
"""

import json
import socket
import subprocess
import sys
from pathlib import Path

import machine
from machine import run, try_run, wait_for

ADAPTER = "org.bluez.Adapter1"
MAIN_CONF = Path("/etc/bluetooth/main.conf")
# Channels: without it the two ends try EATT, whose set-up stalls when one bluetoothd is both.
SETTINGS = "[General]\nTemporaryTimeout = 30\n[GATT]\nChannels = 1\n"
MODULES = ("hci_vhci", "algif_hash", "algif_skcipher", "ecb", "cmac")


def load_ciphers():
    """btvirt asks for them when a controller is already waiting for an answer; emulated, the kernel's
    look-up takes longer than that controller's patience."""
    run("modprobe", "-a", *MODULES)
    for kind, name in (("skcipher", "ecb(aes)"), ("hash", "cmac(aes)")):
        with socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET) as cipher:
            cipher.bind((kind, name))


def adapters():
    """Paths of the adapters that bluetoothd has put on the bus."""
    done = try_run("busctl", "--system", "--list", "tree", "org.bluez")
    return [line for line in done.stdout.split() if line.rpartition("/")[2].startswith("hci")
            and line.count("/") == 3]


def get(path, interface, name):
    """A property of BlueZ."""
    text = run("busctl", "--system", "--json=short", "get-property", "org.bluez", path, interface,
               name)
    return json.loads(text)["data"]


def set_bool(path, name, value):
    run("busctl", "--system", "set-property", "org.bluez", path, ADAPTER, name, "b",
        "true" if value else "false")


class BluetoothTest(machine.MachineTest):
    def start_controllers(self, count=2):
        """That many adapters, powered; their paths."""
        load_ciphers()
        MAIN_CONF.write_text(SETTINGS)
        self.btvirt = self.start("btvirt", "btvirt", f"-l{count}")
        self.addCleanup(try_run, "systemctl", "stop", "bluetooth")
        self.restart_bluetoothd(count)
        return adapters()

    def restart_bluetoothd(self, count=2):
        run("systemctl", "restart", "bluetooth")
        wait_for(f"bluetoothd: {count} adapters", lambda: len(adapters()) == count)
        for path in adapters():
            set_bool(path, "Powered", True)

    def start_program(self, name, *arguments):
        """A Python program of tests/machine/support as a process of its own."""
        path = Path(__file__).with_name(f"{name}.py")
        return self.start(name, sys.executable, "-u", path, *arguments)
