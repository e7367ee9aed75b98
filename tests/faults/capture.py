"""Every connection begun and every datagram sent in a network, as its devices see them."""

import socket
import struct
import threading
from collections import Counter
from ipaddress import IPv4Address, IPv6Address
from types import TracebackType
from typing import Self

from tests.faults.namespaces import Namespace
from tests.patience import until

EVERY_KIND = 0x0003
IPV4, IPV6 = 0x0800, 0x86DD
TCP, UDP = 6, 17
SYN, ACK = 0x02, 0x10
PACKET, STATISTICS, RCVBUFFORCE = 263, 6, 33
"""SOL_PACKET, PACKET_STATISTICS and SO_RCVBUFFORCE, which Python does not name."""
ROOM = 64 << 20
"""Bytes that may wait to be looked at."""
HEADS = 256
MARK = ("127.0.0.1", 9)
"""Where nobody listens."""


class Capture:
    """Counts what leaves a network, loopback included, from the beginning of its block to the end."""

    def __init__(self, namespace: Namespace) -> None:
        self.reached: Counter[str] = Counter()
        """How often somebody began to speak to each ``address:port``."""
        self._namespace = namespace
        with namespace.entered():
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(EVERY_KIND))
        self._socket.setsockopt(socket.SOL_SOCKET, RCVBUFFORCE, ROOM)
        self._socket.settimeout(0.1)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def catch_up(self) -> None:
        """Return when all that was said before was counted."""
        with self._namespace.entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as marking:
            marking.sendto(b"", MARK)
        until(lambda: self.reached.pop(":".join(map(str, MARK)), 0))

    def missed(self) -> int:
        """How many packets came faster than they were looked at, since this was last asked."""
        _, dropped = struct.unpack("II", self._socket.getsockopt(PACKET, STATISTICS, 8))
        return int(dropped)

    def _look(self) -> None:
        while True:
            try:
                packet, (_, kind, direction, *_) = self._socket.recvfrom(HEADS)
            except TimeoutError:
                if self._over.is_set():
                    return
                continue
            # On loopback each packet is seen twice, as it leaves and as it comes.
            place = spoken_to(kind, packet) if direction == socket.PACKET_OUTGOING else None
            if place is not None:
                self.reached[place] += 1

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        self._socket.close()


def spoken_to(kind: int, packet: bytes) -> str | None:
    """``address:port`` to which a packet is the first word; None where it is none."""
    if kind == IPV4:
        protocol, address, inner = packet[9], str(IPv4Address(packet[16:20])), packet[(packet[0] & 15) * 4 :]
    elif kind == IPV6:
        protocol, address, inner = packet[6], f"[{IPv6Address(packet[24:40])}]", packet[40:]
    else:
        return None
    begins = protocol == UDP or (protocol == TCP and inner[13] & (SYN | ACK) == SYN)
    return f"{address}:{int.from_bytes(inner[2:4], 'big')}" if begins else None
