# SPDX-License-Identifier: MIT
"""What the machine's cases share: programs, CAN interfaces, systemd units.

A case is a unittest file in tests/machine/cases. It runs as root in a machine of its own kind, may
change what it likes, and puts back what another case would trip over (addCleanup).
"""

import json
import subprocess
import unittest

from harness import IntegrationTest, Process, wait_for

__all__ = ["MachineTest", "Process", "main", "run", "try_run", "wait_for"]


def try_run(*words, timeout_s=30):
    return subprocess.run([str(word) for word in words], text=True, stdin=subprocess.DEVNULL,
                          capture_output=True, check=False, timeout=timeout_s)


def run(*words, timeout_s=30):
    """Its output; an exit status other than 0 is an error that shows what it said."""
    done = try_run(*words, timeout_s=timeout_s)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))}: exit status {done.returncode}\n"
                             f"{done.stdout}{done.stderr}")
    return done.stdout


class MachineTest(IntegrationTest):
    def add_vcan(self, name="vcan0"):
        run("ip", "link", "add", name, "type", "vcan")
        self.addCleanup(try_run, "ip", "link", "delete", name)
        run("ip", "link", "set", name, "up")
        return name

    def start(self, name, *arguments):
        return self.keep(Process(name, arguments, self.directory)).start()

    def start_candump(self, *arguments, name="candump"):
        """Listens from now on: its socket is bound when this returns."""
        sockets = len(can_sockets())
        candump = self.start(name, "candump", *arguments)
        wait_for("candump: its socket", lambda: len(can_sockets()) > sockets)
        return candump

    def link(self, name):
        """What the kernel says of an interface, or None if it is not there."""
        done = try_run("ip", "-json", "-details", "-statistics", "link", "show", "dev", name)
        return json.loads(done.stdout)[0] if done.returncode == 0 else None

    def can(self, name):
        """Its CAN part: state, bittiming, berr_counter, restart_ms."""
        return self.link(name)["linkinfo"]["info_data"]


def can_sockets():
    """Lines of /proc/net/can/rcvlist_*, one a filter somebody has."""
    lines = []
    for part in ("all", "fil", "inv", "sff", "eff", "err"):
        try:
            with open(f"/proc/net/can/rcvlist_{part}", encoding="ascii") as table:
                lines += [line for line in table if "raw" in line]
        except OSError:
            pass
    return lines


def main():
    unittest.main(verbosity=2)
