# SPDX-License-Identifier: MIT
"""What is received ends up in the history, and a stop, a kill or a bad path loses nothing else."""

import signal
import sqlite3
import time

import harness


class History(harness.IntegrationTest):
    def received(self):
        return self.value("select coalesce(sum(n), 0) from m1")

    def run_for(self, daemon, seconds):
        """Readings that fit into the time from READY=1 to the stop."""
        started = time.monotonic()
        time.sleep(seconds)
        self.assertEqual(daemon.stop(), 0)
        return int(time.monotonic() - started)

    def test_a_reading_a_second_is_stored_with_plausible_values(self):
        board = self.start_board(cells=25, profile="cycle")
        daemon = self.start_daemon([self.pack(board)], raw="all")
        seconds = self.run_for(daemon, 20)
        count, low, high = self.query(
            "select count(*), min(pack_mv), max(pack_mv) from sample where pack = 'board'")[0]
        self.assertGreaterEqual(count, seconds - 1)
        self.assertLessEqual(count, seconds + 2)
        self.assertGreater(low, 25 * 2500)
        self.assertLess(high, 25 * 3700)
        self.assertEqual(self.received(), count)
        self.assertEqual(self.value("select count(*) from sample where cell25_mv is null"), 0)
        self.assertEqual(self.value("select count(*) from sample where cell26_mv is not null"), 0)

    def test_the_deadband_stores_fewer_rows_and_the_minutes_still_count_every_reading(self):
        board = self.start_board(profile="idle")
        daemon = self.start_daemon([self.pack(board)], raw="deadband")
        seconds = self.run_for(daemon, 15)
        self.assertGreaterEqual(self.received(), seconds - 1)
        rows = self.value("select count(*) from sample")
        self.assertGreater(rows, 0)
        self.assertLess(rows, self.received())

    def test_a_stop_commits_the_last_batch(self):
        board = self.start_board()
        daemon = self.start_daemon([self.pack(board)], commit_interval_s=600, raw="all")
        seconds = self.run_for(daemon, 6)
        self.assertGreaterEqual(self.value("select count(*) from sample"), seconds - 1)
        self.assertGreaterEqual(self.received(), seconds - 1)

    def test_a_killed_daemon_leaves_a_sound_file_and_goes_on_with_it(self):
        board = self.start_board()
        daemon = self.start_daemon([self.pack(board)], raw="all")
        self.wait_value("a first batch", "select count(*) from sample")
        daemon.stop(signal.SIGKILL)
        before = self.value("select count(*) from sample")
        self.assertEqual(self.value("pragma integrity_check"), "ok")
        daemon.start()
        self.wait_value("more samples", "select count(*) > ? from sample", before)
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(self.value("pragma integrity_check"), "ok")
        self.assertEqual(self.value("select count(*) from pack"), 1)

    def test_a_second_run_continues_the_minute_of_the_first(self):
        board = self.start_board()
        daemon = self.start_daemon([self.pack(board)])
        first = self.run_for(daemon, 4)
        daemon.start()
        second = self.run_for(daemon, 4)
        self.assertGreaterEqual(self.received(), first + second - 2)

    def test_an_unusable_history_stops_no_live_data(self):
        self.start_bus()
        board = self.start_board()
        (self.directory / "history.db").mkdir()
        daemon = self.start_daemon([self.pack(board)])
        harness.wait_for("live data", lambda: self.try_bmsctl("status").stdout.count("V"))
        self.assertRegex(daemon.log, r"history: .*")
        self.assertTrue(daemon.is_running())
        self.assertEqual(daemon.stop(), 0)

    def test_without_a_history_none_is_made(self):
        board = self.start_board()
        daemon = self.start_daemon([self.pack(board)], history="")
        time.sleep(2)
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual([p.name for p in self.directory.glob("*.db*")], [])

    def test_a_reader_works_while_the_daemon_writes(self):
        board = self.start_board()
        self.start_daemon([self.pack(board)], raw="all")
        self.wait_value("a first batch", "select count(*) from sample")
        reader = sqlite3.connect(f"file:{self.history_path}?mode=ro", uri=True)
        self.addCleanup(reader.close)
        reader.execute("begin")
        seen = reader.execute("select count(*) from sample").fetchone()[0]
        self.wait_value("a later batch", "select count(*) > ? from sample", seen)
        self.assertEqual(reader.execute("select count(*) from sample").fetchone()[0], seen)


if __name__ == "__main__":
    harness.main()
