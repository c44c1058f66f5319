"""The session core: everything a client decides, without a socket, a clock or a file.

See :class:`zchat_client.core.session.Session` for how a shell drives it.
"""
