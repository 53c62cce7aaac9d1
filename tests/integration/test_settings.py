# SPDX-License-Identifier: MIT
"""The configuration's settings reach the board, in a safe order, or nothing does."""

import re
import signal
import time

import harness

CELL_UVP = 0x1004
CELL_UVP_RELEASE = 0x1008
CELL_OVP = 0x100C
CELL_OVP_RELEASE = 0x1010
SOC100_VOLTAGE = 0x1018
SOC0_VOLTAGE = 0x101C
POWER_OFF_VOLTAGE = 0x1028
BALANCE_START_VOLTAGE = 0x1084

# The vendor's Li-ion preset: every voltage of the LFP preset has to move up.
LI_ION = {
    "cell_uvp": 2820, "cell_uvp_release": 2850, "cell_ovp": 4200, "cell_ovp_release": 4180,
    "soc100_voltage": 4180, "soc0_voltage": 2900, "power_off_voltage": 2800,
}
REGISTERS = {
    "cell_uvp": CELL_UVP, "cell_uvp_release": CELL_UVP_RELEASE, "cell_ovp": CELL_OVP,
    "cell_ovp_release": CELL_OVP_RELEASE, "soc100_voltage": SOC100_VOLTAGE,
    "soc0_voltage": SOC0_VOLTAGE, "power_off_voltage": POWER_OFF_VOLTAGE,
}


class Settings(harness.IntegrationTest):
    def setUp(self):
        super().setUp()
        self.start_bus()
        self.board = self.start_board()

    def start(self, settings, **options):
        self.options = options
        self.daemon = self.start_daemon([self.pack(self.board, settings=settings)], **options)
        return self.daemon

    def change(self, settings):
        self.write_config([self.pack(self.board, settings=settings)], **self.options)

    def changes(self):
        return self.query("select setting, old, new, result, readback, source "
                          "from setting_change order by id")

    def wait_results(self, count, result="ok"):
        self.wait_value(f"{count} changes {result}",
                        "select count(*) >= ? from setting_change where result = ?", count, result)

    def on_the_board(self, *keys):
        """Values as a foreign master reads them; the daemon has to be stopped."""
        with harness.RawModbus(self.board.link) as modbus:
            return {key: modbus.read_u32(1, REGISTERS[key]) for key in keys}

    def test_an_edited_value_reaches_the_board_and_no_reading_is_missed(self):
        daemon = self.start({"cell_ovp": 3600}, raw="all")
        started = time.monotonic()
        time.sleep(4)
        self.assertEqual(self.changes(), [])
        self.change({"cell_ovp": 3610})
        self.bmsctl("reload")
        self.wait_results(1)
        self.assertIn("3.610", self.bmsctl("get", "board", "cell_ovp"))
        time.sleep(4)
        self.assertEqual(daemon.stop(), 0)
        seconds = int(time.monotonic() - started)

        self.assertEqual(self.changes(), [("cell_ovp", 3600, 3610, "ok", 3610, "config")])
        self.assertEqual(self.on_the_board("cell_ovp"), {"cell_ovp": 3610})
        self.assertGreaterEqual(self.value("select sum(n) from m1"), seconds - 1)
        self.assertEqual(
            self.value("select max(gap) < 1900 from (select time_ms - lag(time_ms) "
                       "over (order by time_ms) gap from sample)"), 1)
        self.assertEqual(self.query("select kind from event where kind like 'line%'"),
                         [("line_open",)])

    def test_a_reload_by_signal_does_the_same(self):
        daemon = self.start({"balance_trigger": 10})
        self.change({"balance_trigger": "0.02 V"})
        daemon.reload_by_signal()
        self.wait_results(1)
        self.assertEqual(self.changes()[0][:5], ("balance_trigger", 10, 20, "ok", 20))

    def test_a_whole_preset_is_written_in_an_order_the_board_accepts(self):
        daemon = self.start({})
        self.change(LI_ION)
        daemon.reload_by_signal()
        self.wait_results(len(LI_ION))
        self.change({"cell_uvp": 2600, "cell_uvp_release": 2650, "cell_ovp": 3600,
                     "cell_ovp_release": 3550, "soc100_voltage": 3500, "soc0_voltage": 2600,
                     "power_off_voltage": 2500})
        daemon.reload_by_signal()
        self.wait_results(2 * len(LI_ION))
        self.assertEqual(self.value("select count(*) from setting_change where result <> 'ok'"), 0)
        daemon.stop()
        self.assertEqual(self.on_the_board("cell_ovp", "cell_uvp"),
                         {"cell_ovp": 3600, "cell_uvp": 2600})

    def refuses(self, settings, words):
        """A file with these settings: refused by --check, bmsctl and the signal alike."""
        daemon = self.daemon
        before = self.value("select coalesce(sum(n), 0) from m1") if daemon.is_running() else 0
        self.change(settings)
        place = re.escape(str(daemon.config_path)) + r":\d+: "

        status, output = daemon.check()
        self.assertEqual(status, 78, output)
        self.assertRegex(output, place)
        self.assertIn(words, output)

        reload = self.try_bmsctl("reload")
        self.assertNotEqual(reload.returncode, 0)
        self.assertRegex(reload.stderr, place)
        self.assertIn(words, reload.stderr)

        daemon.reload_by_signal()
        harness.wait_for("two refusals", lambda: len(re.findall(place, daemon.log)) >= 2)
        self.assertIn(words, daemon.log)
        self.wait_value("readings go on", "select sum(n) > ? from m1", before)
        self.assertEqual(self.changes(), [])
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(self.on_the_board("cell_ovp"), {"cell_ovp": 3600})

    def wait_first_batch(self):
        self.wait_value("a first batch", "select sum(n) from m1")

    def test_a_limit_below_its_release_is_refused_everywhere(self):
        self.start({"cell_ovp": 3600})
        self.wait_first_batch()
        self.refuses({"cell_ovp": 3500, "cell_ovp_release": 3550},
                     "overvoltage must be released below its limit")

    def test_a_typo_is_refused_everywhere_and_the_right_word_is_named(self):
        self.start({"cell_ovp": 3600})
        self.wait_first_batch()
        self.refuses({"cell_opv": 3610}, "cell_ovp")

    def test_a_value_out_of_range_is_refused_everywhere(self):
        self.start({"cell_ovp": 3600})
        self.wait_first_batch()
        self.refuses({"cell_ovp": 36000}, "4500")

    def test_a_value_that_contradicts_the_board_is_not_written(self):
        """The file alone is right; only the board's own release makes it wrong."""
        daemon = self.start({})
        self.change({"cell_ovp": 3500})
        self.bmsctl("reload", status=None)
        words = "overvoltage must be released below its limit"
        harness.wait_for("the refusal", lambda: words in daemon.log)
        self.assertIn(words, self.bmsctl("plan", status=None))
        self.assertEqual(self.query("select * from setting_change where result = 'ok'"), [])
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(self.on_the_board("cell_ovp"), {"cell_ovp": 3600})

    def test_without_a_history_that_can_be_written_nothing_is_sent(self):
        self.history_path.mkdir()
        daemon = self.start({"cell_ovp": 3610})
        harness.wait_for("the refusal", lambda: "cannot be recorded" in daemon.log)
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(self.on_the_board("cell_ovp"), {"cell_ovp": 3600})

    def test_with_no_history_wanted_settings_are_sent_without_a_record(self):
        daemon = self.start({"cell_ovp": 3610}, history="")
        harness.wait_for("the write", lambda: "written and verified" in daemon.log)
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(self.on_the_board("cell_ovp"), {"cell_ovp": 3610})

    def test_a_start_with_a_bad_file_ends_with_78(self):
        path = self.write_config([self.pack(self.board, settings={"cell_ovp": "high"})])
        daemon = harness.Daemon(self.directory, "bmsd", path, {})
        self.addCleanup(daemon.close)
        harness.Process.start(daemon)
        self.assertEqual(daemon.wait(), 78)
        self.assertRegex(daemon.log, r"bmsd\.conf:\d+: ")

    def test_a_daemon_killed_while_it_writes_finishes_at_the_next_start(self):
        daemon = self.start({})
        self.change(LI_ION)
        daemon.popen.send_signal(signal.SIGHUP)
        self.wait_value("a first write", "select count(*) from setting_change")
        daemon.stop(signal.SIGKILL)
        daemon.start()
        self.wait_value("no change is pending",
                        "select count(*) = 0 from setting_change where result = 'pending'")
        self.wait_value("the last value", "select count(distinct setting) >= ? "
                        "from setting_change where result = 'ok' or result = 'abandoned'",
                        len(LI_ION))
        time.sleep(2)
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(self.on_the_board(*LI_ION), LI_ION)


class BoardDies(harness.IntegrationTest):
    def rules_hold(self, settings):
        self.assertLess(settings["power_off_voltage"], settings["cell_uvp"])
        self.assertLess(settings["cell_uvp"], settings["cell_uvp_release"])
        self.assertLess(settings["cell_uvp_release"], settings["cell_ovp_release"])
        self.assertLess(settings["cell_ovp_release"], settings["cell_ovp"])
        self.assertLess(settings["power_off_voltage"], settings["soc0_voltage"])
        self.assertLess(settings["soc0_voltage"], settings["soc100_voltage"])
        self.assertLessEqual(settings["soc100_voltage"], settings["cell_ovp"])

    def stored(self, board):
        """What the dead board kept, read from another life of it on another line."""
        twin = harness.Board(self.directory, "twin", board.addresses, {"cells": 8})
        twin.store.write_bytes(board.store.read_bytes())
        twin.start()
        try:
            with harness.RawModbus(twin.link) as modbus:
                return {key: modbus.read_u32(1, REGISTERS[key]) for key in LI_ION}
        finally:
            twin.stop()

    def die_after(self, writes, when):
        board = self.start_board(die_after_writes=writes, die_when=when)
        daemon = self.start_daemon([self.pack(board, settings=LI_ION)])
        self.assertEqual(board.wait(), 137)
        board.link.unlink()  # its pseudo terminal's number is free for the twin
        between = self.stored(board)
        self.rules_hold(between)
        self.assertNotEqual(between, LI_ION)

        position = board.arguments.index("--die-after-writes")
        del board.arguments[position:]
        board.start()
        self.wait_value("every value", "select count(distinct setting) >= ? "
                        "from setting_change where result = 'ok'", len(LI_ION), patience_s=60)
        self.assertEqual(
            self.value("select count(*) from setting_change where result = 'pending'"), 0)
        self.assertEqual(daemon.stop(), 0)
        with harness.RawModbus(board.link) as modbus:
            after = {key: modbus.read_u32(1, REGISTERS[key]) for key in LI_ION}
        self.assertEqual(after, LI_ION)

    def test_a_board_that_dies_after_its_first_acknowledgement_gets_the_rest_later(self):
        self.die_after(1, "acked")

    def test_a_board_that_dies_before_it_acknowledges_gets_the_rest_later(self):
        self.die_after(4, "written")

    def test_a_board_that_dies_while_its_flash_is_written_gets_the_rest_later(self):
        self.die_after(3, "torn")


if __name__ == "__main__":
    harness.main()
