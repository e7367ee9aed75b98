"""The demonstration: a shop, its mailbox, and everything between them on one machine, with no account and no network.

Nothing in the backend imports this room. It uses the backend as a stranger would: over HTTP.

- ``shop``: the frontend, on an origin of its own, and the merchant's code that receives hand-overs.
- ``mailbox``: a mail server that keeps what it is given, and a page to read it.
- ``stack``: the four servers together, on free ports of this machine.
- ``check``: customers and an operator who try all of it and say what was true.
"""
