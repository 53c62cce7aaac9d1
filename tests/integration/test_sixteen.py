# SPDX-License-Identifier: MIT
"""Sixteen boards on one line at one reading a second: none is missed, whatever else is done."""

import time

import harness

SECONDS = 605 if harness.LONG else 30


class Sixteen(harness.IntegrationTest):
    def test_no_poll_is_missed(self):
        self.start_bus()
        addresses = range(1, 17)
        boards = self.start_board(addresses=addresses, cells=16)
        packs = [self.pack(boards, f"p{address:02}", address) for address in addresses]
        daemon = self.start_daemon(packs)
        started = time.monotonic()
        time.sleep(SECONDS / 2)
        packs[4]["settings"] = {"cell_ovp": 3610, "cell_ovp_release": 3560}
        self.write_config(packs)
        daemon.reload_by_signal()
        time.sleep(SECONDS / 2)
        for pack in packs:
            counters = self.pack_counters(pack["name"])
            self.assertEqual((counters["missed"], counters["failed"], counters["implausible"]),
                             (0, 0, 0), pack["name"])
        self.assertEqual(daemon.stop(), 0)
        seconds = int(time.monotonic() - started)
        received = dict(self.query("select pack, sum(n) from m1 group by pack"))
        self.assertEqual(len(received), 16)
        # The first reading may have to wait for settings and identities of all the others.
        self.assertGreaterEqual(min(received.values()), seconds - 3, received)
        # A reading on the border of two minutes counts for either.
        incomplete = self.query(
            "select pack, time_ms, n from m1 where n not between 59 and 61 and time_ms > "
            "(select min(time_ms) from m1) and time_ms < (select max(time_ms) from m1)")
        self.assertEqual(incomplete, [])
        self.assertEqual(
            self.query("select pack, setting, result from setting_change order by setting"),
            [("p05", "cell_ovp", "ok"), ("p05", "cell_ovp_release", "ok")])


if __name__ == "__main__":
    harness.main()
