"""Reading the pickles that Flask-Session 0.4 to 0.8 wrote, without running them.

Records of 0.4 to 0.6, and the files of every release, are pickles. This module never calls
:mod:`pickle`: it reads the opcodes (https://docs.python.org/3/library/pickletools.html) and builds
plain data itself. Protocols 0 to 5 are understood, the values of
:mod:`flask_session.serialization.harmless` are built, and everything else (other names, attributes,
persistent ids, extension codes, out-of-band buffers) makes the record an
:class:`~flask_session.errors.UnreadableRecord`.

Size, nesting and the work that a record causes are bounded, so that a small record cannot fill the
memory by references to references, nor keep the processor busy.
"""

from __future__ import annotations

from collections.abc import Callable
from pickletools import genops
from typing import Any

from ..errors import DAMAGE, UnreadableRecord
from .harmless import HARMLESS, Harmless, RefusedError, complete_uuid, need
from .pricing import Budget

LARGEST = 16 * 1024 * 1024
OPCODE_PRICE = 64
RENAMED = {"__builtin__": "builtins", "copy_reg": "copyreg"}


def is_pickle(data: bytes) -> bool:
    """Tell a pickled dict from msgpack and JSON by its first bytes.

    Protocols 2 to 5 begin with 0x80 and their number; in msgpack 0x80 is an empty map, which
    nothing follows. Protocols 0 and 1 begin with ``(d`` or ``}``, which open neither a msgpack map
    nor a JSON object.
    """
    if data[:1] == b"\x80":
        return len(data) > 2 and 2 <= data[1] <= 5
    return data.startswith((b"}", b"(d"))


def load_pickle(data: bytes) -> dict[Any, Any]:
    """Read one pickled session. Raises UnreadableRecord, which says nothing of the content."""
    value, end = read_pickle(data)
    if type(value) is not dict or end != len(data):
        raise UnreadableRecord("the pickle is not one session")
    return value


def read_pickle(data: bytes) -> tuple[Any, int]:
    """Read one pickled value of any kept type, and answer where it ends.

    The files of cachelib 0.1 hold two pickles, one after the other.
    """
    if len(data) > LARGEST:
        raise UnreadableRecord("the pickle is too large")
    try:
        return Reader().read(data)
    except DAMAGE as error:
        kind = type(error).__name__
    raise UnreadableRecord(f"the pickle is broken or holds more than plain data ({kind})")


class Reader:
    """A stack machine for the opcodes of one pickle."""

    def __init__(self) -> None:
        self.budget: Budget = Budget()
        self.stack: list[Any] = []
        self.outer: list[list[Any]] = []
        self.memo: dict[int, Any] = {}

    def read(self, data: bytes) -> tuple[Any, int]:
        """Run the opcodes up to STOP; answer the value and the position behind it."""
        for opcode, argument, position in genops(data):
            self.budget.pay(OPCODE_PRICE)
            if opcode.name == "STOP":
                return self.finish(), (position or 0) + 1
            ACTIONS[opcode.name](self, argument)
        raise RefusedError

    def finish(self) -> Any:
        """Answer the one value that is left, after checking that it is plain all the way down."""
        (value,) = self.stack
        self.budget.pay_for(value)
        return value

    def push(self, value: Any) -> None:
        """Push a value; a bytearray becomes bytes, as it is stored."""
        self.stack.append(bytes(value) if type(value) is bytearray else value)

    def push_ascii(self, value: str) -> None:
        """Push a Python 2 ``str``, whose other characters nobody can know."""
        value.encode("ascii")
        self.stack.append(value)

    def mark(self, _: object) -> None:
        """Begin a group of values."""
        self.outer.append(self.stack)
        self.stack = []

    def group(self) -> list[Any]:
        """End the innermost group and answer its values."""
        values, self.stack = self.stack, self.outer.pop()
        return values

    def pop(self, _: object) -> None:
        """Drop the top value, or an empty group."""
        if self.stack:
            del self.stack[-1]
        else:
            self.group()

    def take(self, count: int) -> list[Any]:
        """Take that many values from the stack, in the order they were pushed."""
        return [self.stack.pop() for _ in range(count)][::-1]

    def remember(self, index: int) -> None:
        """Note the top value under a number."""
        self.memo[index] = self.stack[-1]

    def recall(self, index: int) -> None:
        """Push what was noted under a number."""
        self.stack.append(self.memo[index])

    def extend(self, values: list[Any]) -> None:
        """Add values to the list on top."""
        need(self.stack[-1], list).extend(values)

    def insert(self, pairs: list[Any]) -> None:
        """Add keys and values, one after the other, to the dict on top."""
        self.budget.pay_for_keys(pairs[::2])
        need(self.stack[-1], dict).update(zip(pairs[::2], pairs[1::2], strict=True))

    def add(self, members: list[Any]) -> None:
        """Add members to the set on top."""
        self.budget.pay_for_keys(members)
        need(self.stack[-1], set).update(members)

    def make_frozenset(self, _: object) -> None:
        """Replace the innermost group by a frozenset of it."""
        members = self.group()
        self.budget.pay_for_keys(members)
        self.stack.append(frozenset(members))

    def make_dict(self, _: object) -> None:
        """Replace the innermost group by a dict of its keys and values."""
        pairs = self.group()
        self.stack.append({})
        self.insert(pairs)

    def name(self, name: str) -> None:
        """Push what ``module name`` stands for, if it is on the list of harmless ones."""
        module, _, rest = name.partition(" ")
        self.stack.append(HARMLESS[f"{RENAMED.get(module, module)} {rest}"])

    def call(self, _: object) -> None:
        """Build a value: a harmless name and its arguments are on the stack."""
        arguments = need(self.stack.pop(), tuple)
        harmless = need(self.stack.pop(), Harmless)
        for argument in arguments:
            if type(argument) in (str, bytes, list):
                self.budget.pay_for(argument)
        self.stack.append(harmless.make(*arguments))

    def build(self, _: object) -> None:
        """Give a value its state, which only UUIDs have."""
        state = self.stack.pop()
        complete_uuid(self.stack[-1], state)


Action = Callable[[Reader, Any], object]


def same(action: Action, opcodes: str) -> dict[str, Action]:
    """Let several opcodes do the same."""
    return dict.fromkeys(opcodes.split(), action)


ACTIONS: dict[str, Action] = {
    "PROTO": lambda reader, number: None,
    "FRAME": lambda reader, size: None,
    "MARK": Reader.mark,
    "POP": Reader.pop,
    "POP_MARK": lambda reader, _: reader.group(),
    "DUP": lambda reader, _: reader.stack.append(reader.stack[-1]),
    "MEMOIZE": lambda reader, _: reader.remember(len(reader.memo)),
    "NONE": lambda reader, _: reader.push(None),
    "NEWTRUE": lambda reader, _: reader.push(True),
    "NEWFALSE": lambda reader, _: reader.push(False),
    "EMPTY_DICT": lambda reader, _: reader.push({}),
    "EMPTY_LIST": lambda reader, _: reader.push([]),
    "EMPTY_SET": lambda reader, _: reader.push(set()),
    "EMPTY_TUPLE": lambda reader, _: reader.push(()),
    "DICT": Reader.make_dict,
    "LIST": lambda reader, _: reader.push(reader.group()),
    "TUPLE": lambda reader, _: reader.push(tuple(reader.group())),
    "TUPLE1": lambda reader, _: reader.push(tuple(reader.take(1))),
    "TUPLE2": lambda reader, _: reader.push(tuple(reader.take(2))),
    "TUPLE3": lambda reader, _: reader.push(tuple(reader.take(3))),
    "FROZENSET": Reader.make_frozenset,
    "APPEND": lambda reader, _: reader.extend(reader.take(1)),
    "APPENDS": lambda reader, _: reader.extend(reader.group()),
    "SETITEM": lambda reader, _: reader.insert(reader.take(2)),
    "SETITEMS": lambda reader, _: reader.insert(reader.group()),
    "ADDITEMS": lambda reader, _: reader.add(reader.group()),
    "GLOBAL": Reader.name,
    "STACK_GLOBAL": lambda reader, _: reader.name(" ".join(reader.take(2))),
    "BUILD": Reader.build,
    **same(Reader.call, "REDUCE NEWOBJ"),
    **same(Reader.remember, "PUT BINPUT LONG_BINPUT"),
    **same(Reader.recall, "GET BINGET LONG_BINGET"),
    **same(Reader.push_ascii, "STRING BINSTRING SHORT_BINSTRING"),
    **same(Reader.push, "INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT"),
    **same(Reader.push, "UNICODE SHORT_BINUNICODE BINUNICODE BINUNICODE8"),
    **same(Reader.push, "SHORT_BINBYTES BINBYTES BINBYTES8 BYTEARRAY8"),
}
"""What each opcode does. Those not listed need other programs' objects, and are refused."""
