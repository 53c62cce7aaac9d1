# SPDX-License-Identifier: MIT
"""Each check must be able to fail: small trees with one thing wrong, and the same without.

usage: test_checks.py directory-of-the-checks
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

TOOLS = pathlib.Path(sys.argv.pop(1)).resolve()
SPDX = "/* SPDX-License-Identifier: MIT */\n"

GOOD = {
    "include/bms/window.h": "#include <stdint.h>\n",
    "include/bms/jk_layout.h": '#include "bms/window.h"\n',
    "src/core/window.c": '#include "bms/window.h"\nint bms_one(void);\n\nint bms_one(void)\n{\n\treturn 1;\n}\n',
    "src/protocol/jk_layout.c": '#include "bms/jk_layout.h"\nint bms_one(void);\n'
    "int bms_two(void);\n\nint bms_two(void)\n{\n\treturn bms_one() + 1;\n}\n",
    "src/base/log.h": "#include <stdio.h>\n",
    "src/pack/pack.c": '#include "base/log.h"\n#include "bms/jk_layout.h"\n',
    "src/link/line.h": "#include <modbus/modbus.h>\n",
    "src/gateway/main.c": '#include "link/line.h"\n',
    "firmware/port/port.h": "#include <stdint.h>\n",
    "firmware/core/board.c": '#include "port/port.h"\nint board(void);\n\nint board(void)\n{\n\treturn 0;\n}\n',
    "tests/core/test_window.c": "int main(void)\n{\n\treturn 0;\n}\n",
}


class Tree(unittest.TestCase):
    """A project in a temporary directory; run() gives a check's exit status and words."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        for name, text in GOOD.items():
            self.write(name, text)
        shutil.copy(TOOLS.parent / ".clang-format", self.root)

    def tearDown(self):
        self.folder.cleanup()

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SPDX + text)

    def run_check(self, name):
        done = subprocess.run(
            [sys.executable, TOOLS / name, self.root], capture_output=True, text=True
        )
        self.assertEqual(done.stderr, "")
        return done.returncode, done.stdout

    def expect_good(self, check):
        status, words = self.run_check(check)
        self.assertEqual(status, 0, words)

    def expect_bad(self, check, said):
        status, words = self.run_check(check)
        self.assertEqual(status, 1, words)
        self.assertIn(said, words)


class Includes(Tree):
    def test_a_sound_tree_passes(self):
        self.expect_good("check-includes")

    def test_an_include_that_points_up_fails(self):
        self.write("src/core/window.c", '#include "bms/jk_layout.h"\n')
        self.expect_bad("check-includes", "src/core/window.c:2: layer core:")

    def test_a_public_header_that_points_up_fails(self):
        self.write("include/bms/window.h", '#include "bms/jk_layout.h"\n')
        self.expect_bad("check-includes", "of layer protocol")

    def test_a_pack_that_knows_links_fails(self):
        self.write("src/pack/pack.c", '#include "link/line.h"\n')
        self.expect_bad("check-includes", "of layer link")

    def test_siblings_that_know_each_other_fail(self):
        self.write("src/store/store.c", '#include "bus/service.h"\n')
        self.write("src/bus/service.h", "")
        self.expect_bad("check-includes", "of layer bus")

    def test_a_host_header_in_a_freestanding_layer_fails(self):
        self.write("src/core/window.c", "#include <stdio.h>\n")
        self.expect_bad("check-includes", "<stdio.h> is not freestanding")

    def test_firmware_that_needs_the_daemon_fails(self):
        self.write("firmware/core/board.c", '#include "base/log.h"\n')
        self.expect_bad("check-includes", '"base/log.h" does not exist')

    def test_a_library_outside_its_layer_fails(self):
        self.write("src/pack/pack.c", "#include <sqlite3.h>\n")
        self.expect_bad("check-includes", "<sqlite3.h> is for ctl, store only")

    def test_an_include_without_its_directory_fails(self):
        self.write("src/base/log.c", '#include "log.h"\n')
        self.expect_bad("check-includes", "does not say its directory")

    def test_a_new_directory_must_be_entered_in_the_table(self):
        self.write("src/cloud/cloud.c", "")
        self.expect_bad("check-includes", "no layer of the table")

    def test_an_empty_tree_fails(self):
        for top in ("include", "src", "firmware"):
            shutil.rmtree(self.root / top)
        self.expect_bad("check-includes", "nothing to check")


class Freestanding(Tree):
    def expect_bad_function(self, body, said):
        self.write("src/core/window.c", body)
        self.write("src/protocol/jk_layout.c", "extern int unused;\n")
        self.expect_bad("check-freestanding", said)

    def test_a_sound_tree_passes(self):
        self.expect_good("check-freestanding")

    def test_the_heap_fails(self):
        self.expect_bad_function(
            "#include <stdlib.h>\nvoid *bms_new(void);\nvoid *bms_new(void)\n"
            "{\n\treturn malloc(1);\n}\n",
            "needs malloc",
        )

    def test_floating_point_on_the_microcontroller_fails(self):
        if not shutil.which("arm-none-eabi-gcc"):
            self.skipTest("arm-none-eabi-gcc is not installed")
        self.expect_bad_function(
            "float bms_half(float x);\nfloat bms_half(float x)\n{\n\treturn x * 0.5f;\n}\n",
            "needs __aeabi_fmul",
        )

    def test_a_variable_fails(self):
        self.expect_bad_function("int bms_state;\n", "keeps variable bms_state")

    def test_a_warning_fails(self):
        self.expect_bad_function(
            "int bms_narrow(long x);\nint bms_narrow(long x)\n{\n\treturn (char)x == x * 1.5;\n}\n"
            "static int unused;\n",
            "does not compile",
        )


class Format(Tree):
    def test_a_sound_tree_passes(self):
        self.expect_good("check-format")

    def test_spaces_where_a_tab_belongs_fail(self):
        self.write("src/core/window.c", "int one(void)\n{\n        return 1;\n}\n")
        self.expect_bad("check-format", "1 not formatted")


class Sizes(Tree):
    def write_function(self, lines):
        body = "\tx++;\n" * (lines - 4)
        self.write("src/core/window.c", f"int f(int x)\n{{\n{body}\treturn x;\n}}\n")

    def test_a_sound_tree_passes(self):
        self.expect_good("check-sizes")

    def test_a_function_of_81_lines_fails(self):
        self.write_function(80)
        status, words = self.run_check("check-sizes")
        self.assertNotIn("allowed are", words)
        self.write_function(81)
        self.expect_bad("check-sizes", "f() has 81 lines")

    def test_too_many_middling_functions_fail(self):
        self.write_function(60)
        self.expect_bad("check-sizes", "one function in ten has over 50 lines")

    def test_a_file_of_701_lines_fails(self):
        self.write("src/core/rows.def", "ROW(1)\n" * 699)
        self.expect_good("check-sizes")
        self.write("src/core/rows.def", "ROW(1)\n" * 700)
        self.expect_bad("check-sizes", "701 lines")


class Spdx(Tree):
    def test_a_sound_tree_passes(self):
        self.expect_good("check-spdx")

    def test_a_source_without_the_line_fails(self):
        (self.root / "src/core/window.c").write_text("int one;\n")
        self.expect_bad("check-spdx", "src/core/window.c")

    def test_prose_needs_no_line(self):
        (self.root / "README.md").write_text("prose\n")
        self.expect_good("check-spdx")


if __name__ == "__main__":
    unittest.main()
