# SPDX-License-Identifier: MIT
"""bmsctl switch on a board over RS485: done when the board shows it, recorded, and kept."""

import harness


class Switch(harness.IntegrationTest):
    def setUp(self):
        super().setUp()
        self.start_bus()
        self.boards = self.start_board(cells=16)
        self.daemon = self.start_daemon(
            [self.pack(self.boards, "one", settings={"charge_switch": 1, "cell_ovp": 3600})])
        harness.wait_for("settings", lambda: self.try_bmsctl("get", "one").returncode == 0)
        harness.wait_for("the configuration", lambda: self.shown() == 1)

    def shown(self):
        return self.bmsctl_json("get", "one")["settings"]["charge_switch"]

    def switch(self, state):
        self.bmsctl("switch", "one", "charge", state)

    def test_a_switch_is_done_when_the_board_reads_back_so(self):
        self.switch("off")
        self.assertEqual(self.shown(), 0)
        self.wait_value("the record", "select count(*) from setting_change where old = 1 and new = 0 "
                        "and setting = 'charge_switch' and result = 'ok' and readback = 0")

    def test_what_was_switched_by_hand_stays_when_the_rest_is_applied(self):
        self.switch("off")
        self.bmsctl("apply", "one")
        self.assertEqual(self.shown(), 0)

    def test_reading_the_configuration_again_brings_its_value_back(self):
        self.switch("off")
        self.bmsctl("reload")
        harness.wait_for("the configuration", lambda: self.shown() == 1)

    def test_a_board_that_is_away_is_not_switched(self):
        self.boards.stop()
        done = self.try_bmsctl("switch", "one", "charge", "off")
        self.assertNotEqual(done.returncode, 0)
        self.assertRegex(done.stderr, "one: .")
        self.assertEqual(self.value(
            "select count(*) from setting_change where setting = 'charge_switch' and new = 0 "
            "and result = 'ok'"), 0)


if __name__ == "__main__":
    harness.main()
