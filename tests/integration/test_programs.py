# SPDX-License-Identifier: MIT
"""What every program promises of its command line."""

import re
import subprocess
import unittest
from pathlib import Path

import harness

MAN = Path(__file__).parents[2] / "man"
PROGRAMS = {harness.BMSD: "bmsd.8", harness.BMSCTL: "bmsctl.1", harness.BMS_SIM: "bms-sim.1"}


def run(*arguments):
    return subprocess.run(arguments, text=True, capture_output=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=harness.PATIENCE_S)


class Programs(unittest.TestCase):
    def test_help_goes_to_standard_output(self):
        for program in PROGRAMS:
            done = run(program, "--help")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("Usage: " + Path(program).name, done.stdout)
            self.assertEqual([line for line in done.stdout.splitlines() if len(line) > 110], [])

    def test_the_manual_has_every_option_of_the_help(self):
        for program, page in PROGRAMS.items():
            options = set(re.findall(r"--([a-z][a-z-]*)", run(program, "--help").stdout))
            told = set(re.findall(r"^\.(?:It )?Fl (?:.*? )?-([a-z][a-z-]*)",
                                  (MAN / page).read_text(), re.M))
            self.assertEqual(options - told, set(), page)

    def test_the_version_is_one_line_with_the_name(self):
        for program in PROGRAMS:
            done = run(program, "--version")
            self.assertEqual(done.returncode, 0)
            self.assertRegex(done.stdout, rf"\A{Path(program).name} \d+\.\d+\.\d+\n\Z")

    def test_an_unknown_option_is_a_usage_error(self):
        for program in PROGRAMS:
            done = run(program, "--wrong")
            self.assertEqual(done.returncode, 64, done.stderr)
            self.assertEqual(done.stdout, "")
            self.assertIn("wrong", done.stderr)

    def test_the_sample_configuration_is_valid(self):
        sample = MAN.parent / "etc" / "bmsd.conf"
        done = run(harness.BMSD, "--check", "--config", str(sample))
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_missing_configuration_is_no_input(self):
        done = run(harness.BMSD, "--check", "--config", "/nonexistent/bmsd.conf")
        self.assertEqual(done.returncode, 66)
        self.assertIn("/nonexistent/bmsd.conf", done.stderr)


if __name__ == "__main__":
    harness.main()
