# SPDX-License-Identifier: MIT
"""docs/firmware.md against the code: what a row names must exist, and what exists must be named.

usage: test_promises.py root bms-scenarios
"""

import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(sys.argv.pop(1)).resolve()
SCENARIOS = sys.argv.pop(1)
COLUMNS = ["promise", "status", "modules", "settings", "alarms", "scenarios", "tests", "missing"]


def rows():
    """The rows of the promises' tables as dictionaries; lists where a column holds names."""
    found = []
    inside = False
    for line in (ROOT / "docs/firmware.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            inside = False
        if cells[0] == "Promise":
            inside = True
        if not inside or cells[0] in ("Promise", "---"):
            continue
        row = dict(zip(COLUMNS, cells, strict=True))
        for column in COLUMNS[2:7]:
            row[column] = row[column].split()
        found.append(row)
    return found


def keys(name, macro):
    """Second argument that looks like a key, of every row of a table."""
    text = (ROOT / "include/bms" / name).read_text()
    return set(re.findall(rf"^{macro}\((?:\w+, )+?([a-z][a-z0-9_]*),", text, re.M))


def suites():
    listed = subprocess.run([SCENARIOS, "--list"], capture_output=True, text=True, check=True)
    return {line.split("/")[0] for line in listed.stdout.splitlines() if line}


class Promises(unittest.TestCase):
    def each(self, column, known):
        for row in ROWS:
            for name in row[column]:
                with self.subTest(promise=row["promise"], name=name):
                    self.assertTrue(known(name), f"{column}: {name} does not exist")

    def test_there_are_promises(self):
        self.assertGreater(len(ROWS), 40)

    def test_modules_exist(self):
        self.each(
            "modules",
            lambda name: any((ROOT / top / f"{name}.c").exists() for top in ("firmware", "src")),
        )

    def test_settings_exist(self):
        known = keys("settings.def", "BMS_SETTING")
        self.each("settings", lambda name: name in known)

    def test_alarms_exist(self):
        known = keys("alarms.def", "BMS_ALARM")
        self.each("alarms", lambda name: name in known)

    def test_tests_exist(self):
        self.each(
            "tests",
            lambda name: any(
                (ROOT / "tests" / part / f"{name}.c").exists() for part in ("firmware", "protocol")
            ),
        )

    def test_scenarios_exist(self):
        known = suites()
        self.each("scenarios", lambda name: name in known)

    def test_every_suite_belongs_to_a_promise(self):
        named = {name for row in ROWS for name in row["scenarios"]}
        self.assertEqual(suites() - named, set())

    def test_every_setting_of_the_relay_board_belongs_to_a_promise(self):
        text = (ROOT / "include/bms/settings.def").read_text()
        offered = set(re.findall(r"^BMS_SETTING\(\w+, (\w+), .*, (?:RELAY|QUIET),$", text, re.M))
        named = {name for row in ROWS for name in row["settings"]}
        self.assertGreater(len(offered), 40)
        self.assertEqual(offered - named, set())

    def test_the_status_is_one_of_three_and_means_something(self):
        for row in ROWS:
            with self.subTest(promise=row["promise"]):
                self.assertIn(row["status"], ("done", "partly", "missing"))
                if row["status"] == "done":
                    self.assertTrue(row["scenarios"] or row["tests"], "nothing proves it")
                    self.assertTrue(row["modules"], "nothing does it")
                else:
                    self.assertTrue(row["missing"], "does not say what is missing")


ROWS = rows()

if __name__ == "__main__":
    unittest.main()
