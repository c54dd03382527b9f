"""What a contract is about: the family decides on the portal, the service type on how its lines work."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

Family = Literal["ip_phone", "mobile_choice", "free_voice", "data_sim"]
ServiceType = Literal["ip_phone", "b2bua", "b2bua_opengate", "mobile_choice", "free_voice", "data_sim"]

SERVICE_TYPES: Mapping[Family, frozenset[ServiceType]] = MappingProxyType(
    {
        "ip_phone": frozenset({"ip_phone", "b2bua", "b2bua_opengate"}),
        "mobile_choice": frozenset({"mobile_choice"}),
        "free_voice": frozenset({"free_voice"}),
        "data_sim": frozenset({"data_sim"}),
    }
)
"""The service types that exist in each family; any other combination is a mistake in the data."""
