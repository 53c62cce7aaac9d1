# SPDX-License-Identifier: MIT
"""Who may do what on a system bus with our policy. Needs root, to be somebody else."""

import os
import subprocess
import unittest
from pathlib import Path

import harness

POLICY = Path(__file__).parents[2] / "systemd" / "org.bmsd1.conf"

BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus"/>
  </policy>
  <include>{policy}</include>
</busconfig>
"""


@unittest.skipUnless(os.geteuid() == 0, "only root can be somebody else")
class Policy(harness.IntegrationTest):
    NOBODY = ["--reuid=65534", "--regid=65534", "--clear-groups"]
    # games stands in for the group that systemd-sysusers makes.
    MEMBER = ["--reuid=65534", "--regid=60", "--clear-groups"]

    def setUp(self):
        super().setUp()
        self.directory.chmod(0o755)
        policy = self.directory / "policy.conf"
        policy.write_text(POLICY.read_text().replace('user="bmsd"', 'user="daemon"')
                          .replace('group="bmsd"', 'group="games"'))
        self.socket = self.directory / "system_bus"
        config = self.directory / "bus.conf"
        config.write_text(BUS.format(socket=self.socket, policy=policy))
        bus = harness.Process("bus", ["dbus-daemon", "--nofork", "--nopidfile",
                                      f"--config-file={config}"], self.directory)
        self.keep(bus).start()
        harness.wait_for("the bus", self.socket.exists)
        self.bus_environment = {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self.socket}"}
        board = self.start_board()
        self.start_daemon([self.pack(board)], dbus="system")

    def call(self, who, method, *arguments):
        done = subprocess.run(
            ["setpriv", *who, "busctl", f"--address=unix:path={self.socket}", "call",
             "org.bmsd1", "/org/bmsd1", "org.bmsd1.Manager", method, *arguments],
            text=True, capture_output=True, check=False, timeout=harness.PATIENCE_S)
        return done.returncode == 0, done.stderr

    def test_root_may_read_and_write(self):
        self.assertTrue(*self.call([], "ListPacks"))
        self.assertTrue(*self.call([], "Reload"))

    def test_a_member_of_the_group_may_read_and_not_write(self):
        self.assertTrue(*self.call(self.MEMBER, "ListPacks"))
        for method, arguments in (("Reload", []), ("Apply", ["s", "board"])):
            done, error = self.call(self.MEMBER, method, *arguments)
            self.assertFalse(done)
            self.assertRegex(error, "(?i)denied|not allowed|only root")

    def test_anybody_else_sees_nothing(self):
        done, error = self.call(self.NOBODY, "ListPacks")
        self.assertFalse(done)
        self.assertRegex(error, "(?i)denied|not allowed")


if __name__ == "__main__":
    harness.main()
