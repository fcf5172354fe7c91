"""What was in effect at a time: a mapping that is sorted by its keys."""

from collections.abc import ItemsView, KeysView, MutableMapping, ValuesView

from asof_map._core import AsOfMap, Items, Keys, Values

# Each of these promises all methods of the protocol, and gives none of them; tests compare with what the mixins do.
MutableMapping.register(AsOfMap)
KeysView.register(Keys)
ValuesView.register(Values)
ItemsView.register(Items)

__all__ = ["AsOfMap", "Items", "Keys", "Values"]
