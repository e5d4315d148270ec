"""What reading a pickle may cost: memory, and the processor's time."""

from __future__ import annotations

from typing import Any

from .fidelity import MAX_DEPTH, TAG_OF_TYPE
from .harmless import RefusedError, plain_size

BUDGET = 32 * 1024 * 1024
VALUE_PRICE = 16

CONTAINERS = (dict, list, tuple, set, frozenset)
PLAIN: set[type[Any]] = {type(None), bool, int, float, str, bytes, *TAG_OF_TYPE}.difference(
    CONTAINERS
)


class Budget:
    """What is left for one pickle; RefusedError where it does not suffice."""

    def __init__(self) -> None:
        self.left: int = BUDGET
        self._alike: dict[int, list[Any]] = {}

    def pay(self, price: int) -> None:
        """Take from the budget of this record."""
        self.left -= price
        if self.left < 0:
            raise RefusedError

    def pay_for(self, value: Any) -> None:
        """Walk ``value`` as it will be encoded or hashed; every mention of an object counts.

        This refuses what is not plain data, nests too deeply, contains itself, or grows beyond all
        bounds through references to references.
        """
        todo = [(value, 0)]
        while todo:
            item, depth = todo.pop()
            kind = type(item)
            if kind in PLAIN:
                self.pay(VALUE_PRICE + plain_size(item))
                continue
            if kind not in CONTAINERS or depth > MAX_DEPTH:
                raise RefusedError
            self.pay(VALUE_PRICE * (1 + len(item)))
            children = [*item, *item.values()] if kind is dict else item
            todo.extend((child, depth + 1) for child in children)

    def pay_for_keys(self, keys: list[Any]) -> None:
        """Walk keys as they will be hashed, and compared with those of the same hash."""
        self.pay_for(keys)
        for key in keys:
            alike = self._alike.setdefault(hash(key), [])
            self.pay(VALUE_PRICE * len(alike))
            if key not in alike:
                alike.append(key)
