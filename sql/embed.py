#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turns an SQL file into a C header: embed.py NAME INPUT OUTPUT"""

import sys

name, source, target = sys.argv[1:]

with open(source, encoding="ascii") as file:
    lines = [line.rstrip("\n") for line in file if not line.startswith("--")]

with open(target, "w", encoding="ascii") as out:
    out.write("/* Generated from %s */\n" % source.rsplit("/", 1)[-1])
    out.write("static const char %s[] =" % name)
    for line in lines:
        if line.strip():
            out.write('\n\t"%s\\n"' % line.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t"))
    out.write(";\n")
