#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turns an SQL file into a C header: embed.py [--statements] NAME INPUT OUTPUT

With --statements the result is an array with a string for each statement, without its semicolon,
that ends in NULL; else it is one string."""

import sys

arguments = [word for word in sys.argv[1:] if word != "--statements"]
name, source, target = arguments


def quoted(lines):
    escaped = (line.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t") for line in lines)
    return "".join('\n\t"%s\\n"' % line for line in escaped)


with open(source, encoding="ascii") as file:
    lines = [line.rstrip("\n") for line in file if line.strip() and not line.startswith("--")]

with open(target, "w", encoding="ascii") as out:
    out.write("/* Generated from %s */\n" % source.rsplit("/", 1)[-1])
    if "--statements" in sys.argv:
        statements = [text.strip("\n").split("\n") for text in "\n".join(lines).split(";")]
        out.write("static const char *const %s[] = {" % name)
        for statement in statements:
            if statement != [""]:
                # The last line of a statement that SQLite keeps has no newline.
                out.write(quoted(statement)[: -len('\\n"')] + '",')
        out.write("\n\tNULL,\n};\n")
    else:
        out.write("static const char %s[] =" % name)
        out.write(quoted(lines) + ";\n")
