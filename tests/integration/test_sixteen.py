# SPDX-License-Identifier: MIT
"""Sixteen boards on one line at one reading a second: none is missed."""

import time

import harness

SECONDS = 605 if harness.LONG else 30


class Sixteen(harness.IntegrationTest):
    def test_no_poll_is_missed(self):
        addresses = range(1, 17)
        boards = self.start_board(addresses=addresses, cells=16)
        daemon = self.start_daemon(
            [self.pack(boards, f"p{address:02}", address) for address in addresses])
        started = time.monotonic()
        time.sleep(SECONDS)
        self.assertEqual(daemon.stop(), 0)
        seconds = int(time.monotonic() - started)
        received = dict(self.query("select pack, sum(n) from m1 group by pack"))
        self.assertEqual(len(received), 16)
        # The first reading may have to wait for settings and identities of all the others.
        self.assertGreaterEqual(min(received.values()), seconds - 3, received)
        whole = self.query(
            "select pack, time_ms, n from m1 where n <> 60 and time_ms > "
            "(select min(time_ms) from m1) and time_ms < (select max(time_ms) from m1)")
        self.assertEqual(whole, [])
        self.assertNotIn("missed", daemon.log)


if __name__ == "__main__":
    harness.main()
