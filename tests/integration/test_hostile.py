# SPDX-License-Identifier: MIT
"""What goes wrong when everything happens at once: reloads in the middle of writes, boards that
come back as others, lines and histories that are not up to what is asked of them."""

import json
import signal
import time

import harness

LFP = {"cell_uvp": 2600, "cell_uvp_release": 2650, "cell_ovp": 3600, "cell_ovp_release": 3550,
       "soc100_voltage": 3500, "soc0_voltage": 2600, "power_off_voltage": 2500}
LI_ION = {"cell_uvp": 2820, "cell_uvp_release": 2850, "cell_ovp": 4200, "cell_ovp_release": 4180,
          "soc100_voltage": 4180, "soc0_voltage": 2900, "power_off_voltage": 2800}


class Hostile(harness.IntegrationTest):
    def start_in_the_middle_of_a_write(self):
        """A board so slow that its first write is still under way."""
        board = self.start_board(turnaround_ms=200)
        daemon = self.start_daemon([self.pack(board, "house", settings=LI_ION)])
        self.wait_value("a write under way",
                        "select count(*) from setting_change where result = 'pending'")
        return board, daemon

    def results(self, pack="house"):
        return [row[0] for row in self.query(
            "select result from setting_change where pack = ? order by id", pack)]

    def is_done(self, pack):
        done = self.try_bmsctl("plan", pack, "--json")
        return done.returncode == 0 and all(
            item["verdict"] == "same" for item in json.loads(done.stdout)["items"])

    def test_a_write_whose_pack_is_renamed_has_an_end(self):
        board, daemon = self.start_in_the_middle_of_a_write()
        self.write_config([self.pack(board, "shed", settings=LI_ION)])
        daemon.reload_by_signal()
        self.wait_value("the new name's first write",
                        "select count(*) from setting_change where pack = 'shed' and result = 'ok'")
        self.assertIn(self.results()[-1], ("lost", "abandoned"))

    def test_a_write_during_a_change_of_the_history_has_an_end(self):
        board, daemon = self.start_in_the_middle_of_a_write()
        before = self.value("select max(id) from setting_change")
        self.write_config([self.pack(board, "house", settings=LI_ION)], commit_interval_s=6)
        daemon.reload_by_signal()
        self.wait_value("the next write", "select count(*) from setting_change where id > ? "
                        "and result = 'ok'", before)
        self.assertNotIn("pending", self.results()[:before])

    def test_a_write_under_way_at_the_stop_has_an_end(self):
        _, daemon = self.start_in_the_middle_of_a_write()
        self.assertEqual(daemon.stop(), 0)
        self.assertNotIn("pending", self.results())

    def test_a_storm_of_reloads_ends_with_the_last_file_on_the_board(self):
        self.start_bus()
        board = self.start_board()
        daemon = self.start_daemon([self.pack(board, "house", settings=LFP)], raw="all")
        for turn in range(30):
            settings = LFP if turn % 2 else LI_ION
            self.write_config([self.pack(board, "house", settings=settings)], raw="all")
            daemon.popen.send_signal(signal.SIGHUP)
            time.sleep(0.07 * (turn % 6))
        harness.wait_for("the last file's settings", lambda: self.is_done("house"))
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(set(self.results()), {"ok"})
        self.assertEqual(self.value(
            "select max(gap) < 1900 from (select time_ms - lag(time_ms) over (order by time_ms) "
            "gap from sample)"), 1)

    def test_settings_wait_for_a_history_that_cannot_be_written_yet(self):
        board = self.start_board()
        self.history_path = self.directory / "later" / "history.db"
        self.start_daemon([self.pack(board, "house", settings={"balance_trigger": 20})])
        time.sleep(2)
        self.history_path.parent.mkdir()
        self.wait_value("the change", "select count(*) from setting_change where result = 'ok'")

    def test_a_board_that_comes_back_reset_gets_its_settings_again(self):
        board = self.start_board()
        self.start_daemon([self.pack(board, "house", settings={"balance_trigger": 20})])
        done = "select count(*) = ? from setting_change where result = 'ok' and new = 20"
        self.wait_value("the settings", done, 1)
        board.kill()
        board.store.unlink()
        board.start()
        self.wait_value("the settings again", done, 2)

    def test_a_line_that_cannot_keep_up_does_not_flood_log_and_history(self):
        board = self.start_board(addresses=range(1, 33), turnaround_ms=60)
        daemon = self.start_daemon(
            [self.pack(board, f"house{address}", address, period_ms=100) for address in
             board.addresses])
        time.sleep(20)
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(self.value("select count(distinct pack) from sample"), 32)
        self.assertLessEqual(
            self.value("select count(*) from event where kind in ('stale', 'fresh')"), 32)


if __name__ == "__main__":
    harness.main()
