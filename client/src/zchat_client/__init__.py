"""The zchat client library: ``Client`` and its events. Everything else in this package serves these."""

from zchat_client.client import Client
from zchat_common.errors import Code, ZchatError

__all__ = ["Client", "Code", "ZchatError"]
