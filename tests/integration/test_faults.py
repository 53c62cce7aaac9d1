# SPDX-License-Identifier: MIT
"""Whatever a line delivers: counted, logged, recovered from, and nothing false stored.

A man in the middle passes requests on to a sound board and spoils its answers.
"""

import os
import pty
import random
import select
import struct
import threading
import time
import tty

import harness

CELLS = 8
LIVE_HEAD = 3 + 2 * 122 + 2


class Middle:
    """A line of its own towards the daemon, a master towards the board."""

    def __init__(self, board, link):
        self.link = link
        self.board = harness.RawModbus(board.link)
        self.fault = None
        self.master = None
        self.requests = 0
        self.plug()
        self.running = True
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def plug(self):
        master, slave = pty.openpty()
        tty.setraw(slave)
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(os.ttyname(slave))
        # Kept open, as a real adapter stays while nobody has it open.
        self.slave = slave
        self.master = master

    def unplug(self):
        master, self.master = self.master, None
        self.link.unlink()
        os.close(self.slave)
        os.close(master)

    def stop(self):
        self.running = False
        self.thread.join()
        os.close(self.board.fd)
        if self.master is not None:
            self.unplug()

    def serve(self):
        while self.running:
            try:
                self.serve_once()
            except (OSError, TypeError, ValueError):
                time.sleep(0.02)  # unplugged

    def serve_once(self):
        master = self.master
        if not select.select([master], [], [], 0.05)[0]:
            if self.fault is babble:
                os.write(master, random.randbytes(64))
            return
        request = os.read(master, 512)
        self.requests += 1
        fault = self.fault
        answer = self.board.exchange(request[:-2], gap_s=0.02)
        for piece in fault(answer) if fault else [answer]:
            if isinstance(piece, float):
                time.sleep(piece)
            else:
                os.write(master, piece)


def sealed(body):
    return body + harness.crc16(body)


# Each takes a sound answer and returns what comes instead: bytes, and pauses in seconds.

def truncated(answer):
    return [answer[:-5]]


def wrong_crc(answer):
    return [answer[:-1] + bytes((answer[-1] ^ 0x01,))]


def flipped_bit(answer):
    middle = len(answer) // 2
    return [answer[:middle] + bytes((answer[middle] ^ 0x10,)) + answer[middle + 1:]]


def wrong_address(answer):
    return [sealed(bytes((answer[0] + 1,)) + answer[1:-2])]


def wrong_function(answer):
    return [sealed(answer[:1] + b"\x04" + answer[2:-2])]


def fewer_registers(answer):
    return [sealed(answer[:2] + bytes((answer[2] - 4,)) + answer[3:-6])]


def longer(answer):
    return [answer + b"\x00\xff\x55\xaa\xeb\x90\x01"]


def silence(_):
    return []


def refusal(answer):
    return [sealed(bytes((answer[0], answer[1] | 0x80, 2)))]


def half_then_pause(answer):
    return [answer[:20], 0.6, answer[20:]]


def late(answer):
    return [0.5, answer]


def twice(answer):
    return [answer, answer]


def noise_before(answer):
    return [b"\x00\xfe\x7f", answer]


def babble(_):
    return [random.randbytes(300)]


def impossible_cell(answer):
    """Well formed, but a cell of 65 V: only plausibility can tell."""
    if len(answer) != LIVE_HEAD:
        return [answer]
    return [sealed(answer[:3] + b"\xff\xff" + answer[5:-2])]


def splice(answer):
    """Well formed, but the cells do not add up to the pack."""
    if len(answer) != LIVE_HEAD:
        return [answer]
    pack_mv, = struct.unpack(">I", answer[3 + 0x90:3 + 0x94])
    return [sealed(answer[:3 + 0x90] + struct.pack(">I", pack_mv // 2) + answer[3 + 0x94:-2])]


class Faults(harness.IntegrationTest):
    def setUp(self):
        super().setUp()
        self.start_bus()
        board = self.start_board(cells=CELLS)
        self.middle = Middle(board, self.directory / "middle.tty")
        self.addCleanup(self.middle.stop)
        self.addCleanup(lambda: setattr(self.middle, "fault", None))
        self.daemon = self.start_daemon(
            [{"name": "board", "device": self.middle.link, "settings": {"cell_ovp": 3600},
              "period_ms": 500, "settings_period_s": 10}],
            raw="all")
        self.wait_reading()

    def wait_reading(self):
        before = self.counters()["accepted"]
        harness.wait_for("a reading", lambda: self.counters()["accepted"] > before)

    def counters(self):
        return self.pack_counters("board")

    def check_stored(self):
        lie = f"pack_mv not between {CELLS * 2000} and {CELLS * 4500}"
        for cell in range(1, CELLS + 1):
            lie += f" or cell{cell}_mv not between 2000 and 4500"
        self.assertEqual(self.query(f"select * from sample where {lie}"), [])
        self.assertEqual(self.query(
            "select * from sample where cell9_mv is not null or soc_pct not between 0 and 100 "
            "or abs(current_ma) > 1000000"), [])
        self.assertEqual(self.query("select * from setting_change"), [])

    def survives(self, fault, counter="failed", words=""):
        before = self.counters()
        self.middle.fault = fault
        time.sleep(2.5)
        during = self.counters()
        self.middle.fault = None
        self.wait_reading()
        self.assertGreater(during[counter], before[counter])
        self.assertLessEqual(during["accepted"], before["accepted"] + 1)
        self.assertIn(words, self.daemon.log)
        self.wait_value("an event", "select count(*) from event where kind = 'bad_answer' "
                        "and subject like ?", f"%{words}%")
        self.assertEqual(self.daemon.stop(), 0)
        self.check_stored()

    def test_truncated_answers(self):
        self.survives(truncated, words="too short")

    def test_wrong_checksums(self):
        self.survives(wrong_crc, words="bad checksum")

    def test_flipped_bits(self):
        self.survives(flipped_bit, words="bad checksum")

    def test_answers_of_another_station(self):
        self.survives(wrong_address, words="another station")

    def test_answers_with_another_function(self):
        self.survives(wrong_function)

    def test_answers_with_fewer_registers(self):
        self.survives(fewer_registers, words="length")

    def test_longer_answers(self):
        self.survives(longer, words="too long")

    def test_silence(self):
        self.survives(silence, words="no answer")

    def test_refusals(self):
        self.survives(refusal, words="refused")

    def test_answers_with_a_pause_inside(self):
        self.survives(half_then_pause)

    def test_answers_that_come_after_the_next_request(self):
        self.survives(late, words="no answer")

    def test_babble(self):
        self.survives(babble)

    def test_well_formed_answers_with_an_impossible_cell(self):
        self.survives(impossible_cell, counter="implausible", words="implausible")

    def test_well_formed_answers_that_do_not_add_up(self):
        self.survives(splice, counter="implausible", words="implausible")

    def test_unplugging_in_the_middle_of_everything(self):
        for _ in range(3):
            self.middle.unplug()
            time.sleep(1.2)
            self.middle.plug()
            plugged = time.monotonic()
            self.wait_reading()
            self.assertLess(time.monotonic() - plugged, 4)
        self.assertEqual(self.daemon.stop(), 0)
        self.check_stored()

    def test_a_line_on_which_nobody_is(self):
        """Half open: what is written goes nowhere."""
        self.middle.running = False
        self.middle.thread.join()
        time.sleep(3)
        self.assertTrue(self.daemon.is_running())
        self.assertGreater(self.counters()["failed"], 0)
        self.assertEqual(self.daemon.stop(), 0)
        self.check_stored()

    def test_every_fault_in_turn_at_random(self):
        faults = [truncated, wrong_crc, wrong_address, fewer_registers, longer, silence, refusal,
                  half_then_pause, late, twice, noise_before, babble, impossible_cell, splice]
        chance = random.Random(1)
        self.middle.fault = lambda answer: (
            chance.choice(faults)(answer) if chance.random() < 0.4 else [answer])
        time.sleep(60 if harness.LONG else 20)
        self.middle.fault = None
        self.wait_reading()
        # Each kind of fault is said once a minute and line, not once a poll.
        self.assertLess(len(self.daemon.log.splitlines()), 120)
        self.assertEqual(self.daemon.stop(), 0)
        self.check_stored()


if __name__ == "__main__":
    harness.main()
