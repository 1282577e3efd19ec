"""Keys of tables and indexes: their types, sizes and order."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from saga_testing.aws.dynamodb.attribute_values import AttributeValue, checked, ordered
from saga_testing.aws.errors import Item, invalid

MAX_HASH_KEY_BYTES: Final = 2048
MAX_RANGE_KEY_BYTES: Final = 1024

Key = tuple[Any, Any]
"""The contents of the two key attributes, as Python values; None for the second when there is no sort key."""


@dataclass(frozen=True, slots=True)
class KeyAttribute:
    name: str
    kind: str
    limit: int


@dataclass(frozen=True, slots=True)
class KeySchema:
    hash: KeyAttribute
    range: KeyAttribute | None
    names: frozenset[str]

    @classmethod
    def from_request(cls, schema: list[Mapping[str, str]], definitions: list[Mapping[str, str]]) -> Self:
        """
        Raises:
            Refused: a key attribute is not defined.
        """
        kinds = {each["AttributeName"]: each["AttributeType"] for each in definitions}
        by_role = {each["KeyType"]: each["AttributeName"] for each in schema}
        for name in by_role.values():
            if name not in kinds:
                raise invalid(
                    "One or more parameter values were invalid: "
                    f"Some index key attributes are not defined in AttributeDefinitions: {name}"
                )
        hash_key = KeyAttribute(by_role["HASH"], kinds[by_role["HASH"]], MAX_HASH_KEY_BYTES)
        range_key = None
        if "RANGE" in by_role:
            range_key = KeyAttribute(by_role["RANGE"], kinds[by_role["RANGE"]], MAX_RANGE_KEY_BYTES)
        return cls(hash_key, range_key, frozenset(by_role.values()))

    @property
    def attributes(self) -> list[KeyAttribute]:
        return [self.hash] if self.range is None else [self.hash, self.range]

    def key_of(self, item: Item) -> Key:
        """For items that are known to have a proper key."""
        hash_key, range_key = self.hash, self.range
        if range_key is None:
            return item[hash_key.name][hash_key.kind], None
        return item[hash_key.name][hash_key.kind], item[range_key.name][range_key.kind]

    def key_attributes(self, item: Item) -> Item:
        return {attribute.name: item[attribute.name] for attribute in self.attributes}

    def order(self, range_content: Any) -> Any:
        """What sorts a partition."""
        return None if self.range is None else ordered(self.range.kind)(range_content)

    def check_item(self, item: Item) -> None:
        """The primary key of an item to put."""
        for attribute in self.attributes:
            value = item.get(attribute.name)
            if value is None:
                raise invalid(
                    f"One or more parameter values were invalid: Missing the key {attribute.name} in the item"
                )
            if attribute.kind not in value:
                (actual,) = value
                raise invalid(
                    f"One or more parameter values were invalid: Type mismatch for key {attribute.name} "
                    f"expected: {attribute.kind} actual: {actual}"
                )
            check_key_content(attribute, value)

    def checked_key(self, key: Item) -> Item:
        """A request's `Key`, in normal form: exactly the key attributes."""
        if key.keys() != self.names or any(attribute.kind not in key[attribute.name] for attribute in self.attributes):
            raise invalid("The provided key element does not match the schema")
        normal = {name: checked(value)[0] for name, value in key.items()}
        for attribute in self.attributes:
            check_key_content(attribute, normal[attribute.name])
        return normal

    def check_index_key(self, item: Item, index: str) -> None:
        """An index's key attributes: absent (then the item is not in the index), or a proper key."""
        for attribute in self.attributes:
            value = item.get(attribute.name)
            if value is None:
                continue
            if attribute.kind not in value:
                (actual,) = value
                raise invalid(
                    f"One or more parameter values were invalid: Type mismatch for Index Key {attribute.name} "
                    f"Expected: {attribute.kind} Actual: {actual} IndexName: {index}"
                )
            if attribute.kind != "N" and not value[attribute.kind]:
                raise invalid(
                    "One or more parameter values are not valid. A value specified for a secondary index key is not "
                    "supported. The AttributeValue for a key attribute cannot contain an empty "
                    f"{'string' if attribute.kind == 'S' else 'binary'} value. "
                    f"IndexName: {index}, IndexKey: {attribute.name}"
                )
            check_key_content(attribute, value)


def check_key_content(attribute: KeyAttribute, value: AttributeValue) -> None:
    content = value[attribute.kind]
    if attribute.kind == "N":
        return
    if not content:
        raise invalid(
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "
            f"empty {'string' if attribute.kind == 'S' else 'binary'} value. Key: {attribute.name}"
        )
    if len(content) * 4 > attribute.limit and checked(value)[1] > attribute.limit:
        role = "hashkey" if attribute.limit == MAX_HASH_KEY_BYTES else "rangekey"
        raise invalid(
            f"One or more parameter values were invalid: Size of {role} has exceeded the maximum size limit of"
            f"{attribute.limit} bytes"
        )
