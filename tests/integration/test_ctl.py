# SPDX-License-Identifier: MIT
"""bmsctl against a running daemon: every verb answers, and its JSON has the promised names."""

import json

import harness

STATUS_NAMES = """pack time cell_mv wire_mohm pack_mv current_ma power_mw soc_pct soh_pct
    remaining_mah full_mah cycles mos_dc probe_dc balance_ma balance_state charge_on discharge_on
    precharge_on heater_on heater_ma acc_on alarm_bits alarms runtime_s""".split()


def first(document):
    return document[0] if isinstance(document, list) else document


class Ctl(harness.IntegrationTest):
    def setUp(self):
        super().setUp()
        self.start_bus()
        boards = self.start_board(cells=25, addresses=(1, 2), profile="cycle")
        self.daemon = self.start_daemon(
            [self.pack(boards, "one", 1, settings={"cell_ovp": 3600}),
             self.pack(boards, "two", 2)], raw="all")
        for name in ("one", "two"):
            harness.wait_for(name, lambda name=name: first(
                self.bmsctl_json("status", name))["pack_mv"] is not None)

    def test_status_has_every_promised_name(self):
        for name in ("one", "two"):
            status = first(self.bmsctl_json("status", name))
            self.assertEqual(set(STATUS_NAMES) - set(status), set())
            self.assertEqual(status["pack"], name)
            self.assertEqual(len(status["cell_mv"]), 25)
            self.assertAlmostEqual(sum(status["cell_mv"]), status["pack_mv"], delta=200)
            self.assertIsNone(status["mos_dc"])
            self.assertIs(type(status["charge_on"]), bool)
            self.assertIsInstance(status["alarms"], list)

    def test_status_without_a_name_tells_of_all(self):
        self.assertEqual([s["pack"] for s in self.bmsctl_json("status")], ["one", "two"])
        text = self.bmsctl("status")
        self.assertIn("one", text)
        self.assertIn("two", text)

    def test_list_names_each_pack_with_its_link(self):
        text = self.bmsctl("list")
        self.assertIn("one", text)
        self.assertIn("two", text)
        self.assertEqual(len(self.bmsctl_json("list")), 2)

    def test_cells_shows_each_cell(self):
        text = self.bmsctl("cells", "one")
        self.assertIn("25", text)
        self.assertEqual(len(first(self.bmsctl_json("cells", "one"))["cell_mv"]), 25)

    def test_get_shows_one_setting_or_all(self):
        harness.wait_for("settings", lambda: self.try_bmsctl("get", "one").returncode == 0)
        self.assertIn("3.6", self.bmsctl("get", "one", "cell_ovp"))
        everything = json.dumps(self.bmsctl_json("get", "one"))
        self.assertIn('"cell_ovp": 3600', everything)
        self.assertNotIn("password", everything.lower().replace("default_password", ""))

    def test_get_of_an_unknown_name_fails_with_a_hint(self):
        done = self.try_bmsctl("get", "one", "cell_opv")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("cell_opv", done.stderr)
        done = self.try_bmsctl("status", "three")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("three", done.stderr)

    def test_plan_and_apply_have_nothing_to_do_when_all_is_as_wanted(self):
        harness.wait_for("settings", lambda: self.try_bmsctl("plan").returncode == 0)
        self.assertIn("nothing", self.bmsctl("plan"))
        self.bmsctl_json("plan")
        self.bmsctl("apply", "one")
        self.assertEqual(self.query("select * from setting_change"), [])

    def test_alarms_lists_what_is_on(self):
        self.bmsctl("alarms")
        self.bmsctl_json("alarms")

    def test_history_prints_rows_of_the_field(self):
        self.wait_value("a first batch", "select count(*) from sample where pack = 'one'")
        text = self.bmsctl("history", "one", "--field", "pack_mv")
        self.assertGreaterEqual(len(text.splitlines()), 2)
        rows = self.bmsctl_json("history", "one", "--field", "pack_mv")
        self.assertTrue(rows)

    def test_without_a_daemon_it_says_so(self):
        self.daemon.stop()
        done = self.try_bmsctl("status")
        self.assertEqual(done.returncode, 69, done.stderr)
        self.assertRegex(done.stderr, r"\S")

    def test_the_signal_and_properties_are_there_for_other_clients(self):
        introspection = self.busctl("introspect", "org.bmsd1", "/org/bmsd1")
        for name in ("ListPacks", "Samples", "Reload"):
            self.assertIn(name, introspection)
        self.assertIn("one", self.busctl("tree", "org.bmsd1"))


if __name__ == "__main__":
    harness.main()
