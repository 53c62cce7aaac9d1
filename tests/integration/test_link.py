# SPDX-License-Identifier: MIT
"""Lines and boards that come and go."""

import os
import signal
import subprocess
import time

import harness


class Link(harness.IntegrationTest):
    def received(self):
        return self.value("select coalesce(sum(n), 0) from m1")

    def wait_more(self, what, patience_s=harness.PATIENCE_S):
        before = self.received() if self.has_table("m1") else 0
        self.wait_value(what, "select sum(n) > ? from m1", before, patience_s=patience_s)

    def wait_log(self, daemon, text, count=1, patience_s=harness.PATIENCE_S):
        harness.wait_for(f"{count} times {text!r} in the log",
                         lambda: daemon.log.count(text) >= count, patience_s)

    def test_a_line_that_is_missing_at_the_start_is_taken_when_it_comes(self):
        board = harness.Board(self.directory, "board", (1,), {"cells": 8})
        daemon = self.start_daemon([self.pack(board)])
        time.sleep(2)
        self.assertTrue(daemon.is_running())
        self.assertIn(str(board.link), daemon.log)
        self.keep(board).start()
        self.wait_more("readings")

    def test_a_replugged_line_is_read_again_within_two_seconds(self):
        board = self.start_board()
        daemon = self.start_daemon([self.pack(board)], raw="all")
        self.wait_more("readings")
        for _ in range(3):
            board.kill()
            time.sleep(1.5)
            board.start()
            back_ms = time.time() * 1000
            self.wait_value("a reading", "select min(time_ms) from sample where time_ms > ?",
                            back_ms)
            first_ms = self.value("select min(time_ms) from sample where time_ms > ?", back_ms)
            # Two seconds until it is open, and up to one more until the next reading is due.
            self.assertLess(first_ms - back_ms, 3000)
        self.assertEqual(daemon.stop(), 0)
        kinds = [row[0] for row in self.query(
            "select kind from event where kind like 'line%' order by id")]
        self.assertEqual(kinds, ["line_open"] + 3 * ["line_closed", "line_open"])

    def test_a_board_that_is_switched_off_is_stale_and_comes_back(self):
        self.start_bus()
        boards = self.start_board(addresses=(1, 2))
        daemon = self.start_daemon([self.pack(boards, "one", 1), self.pack(boards, "three", 3)])
        harness.wait_for("one is read", lambda: self.pack_of("one")["soc_pct"] is not None)
        self.assertIsNone(self.pack_of("three")["soc_pct"])
        self.write_config([self.pack(boards, "one", 1), self.pack(boards, "three", 2)])
        daemon.reload_by_signal()
        harness.wait_for("three is read", lambda: self.pack_of("three")["soc_pct"] is not None)

    def pack_of(self, name):
        status = self.bmsctl_json("status", name)
        return status[0] if isinstance(status, list) else status

    def test_a_silent_station_does_not_cost_its_neighbour_a_reading(self):
        boards = self.start_board(addresses=(1,))
        daemon = self.start_daemon([self.pack(boards, "here", 1), self.pack(boards, "gone", 9)],
                                   raw="all")
        started = time.monotonic()
        time.sleep(12)
        self.assertEqual(daemon.stop(), 0)
        seconds = int(time.monotonic() - started)
        self.assertGreaterEqual(
            self.value("select sum(n) from m1 where pack = 'here'"), seconds - 1)
        self.assertEqual(self.value("select count(*) from sample where pack = 'gone'"), 0)

    def test_an_old_reading_is_shown_as_stale(self):
        self.start_bus()
        board = self.start_board()
        self.start_daemon([self.pack(board)])
        harness.wait_for("fresh", lambda: "fresh" in self.bmsctl("list"))
        board.popen.send_signal(signal.SIGSTOP)
        try:
            harness.wait_for("stale", lambda: "stale" in self.bmsctl("list"))
        finally:
            board.popen.send_signal(signal.SIGCONT)
        harness.wait_for("fresh again", lambda: "fresh" in self.bmsctl("list"))

    def test_the_line_is_ours_alone(self):
        """Another opener is refused as long as the daemon runs; the kernel only lets root in."""
        board = self.start_board()
        daemon = self.start_daemon([self.pack(board)])
        self.wait_more("readings")
        device = os.path.realpath(board.link)
        command = ["sh", "-c", f": < {device}"]
        if os.geteuid() == 0:
            os.chmod(device, 0o666)
            command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertIn("busy", done.stderr)
        daemon.stop()
        # The board holds its end open, so the line does not forget by itself.
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual(done.stderr, "")

    def test_removed_and_added_packs_follow_a_reload(self):
        boards = self.start_board(addresses=(1, 2))
        one = self.pack(boards, "one", 1)
        two = self.pack(boards, "two", 2)
        daemon = self.start_daemon([one], raw="all")
        self.wait_value("one", "select count(*) from sample where pack = 'one'")
        self.write_config([two], raw="all")
        daemon.reload_by_signal()
        self.wait_value("two", "select count(*) from sample where pack = 'two'")
        last = self.value("select max(time_ms) from sample where pack = 'one'")
        self.wait_more("more of two")
        self.assertEqual(self.value("select max(time_ms) from sample where pack = 'one'"), last)


if __name__ == "__main__":
    harness.main()
