"""Carries IP packets between two TUN devices, each after the given delay.

Arguments: the two devices and the delay in milliseconds. Prints "ready" once both
exist, so that they can be moved to the namespaces that they connect. Exits when
its input ends.
"""

import collections
import fcntl
import os
import select
import struct
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000
MAX_PACKET_BYTES = 65536
# Packets in flight; more than any rate here needs.
MAX_PACKETS = 10000


def open_tun(name):
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    request = struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI)
    fcntl.ioctl(device, TUNSETIFF, request)
    return device


def write(device, packet):
    try:
        os.write(device, packet)
    except OSError:
        pass  # A device that is down loses packets like any other link.


def main():
    delay = float(sys.argv[3]) / 1000
    devices = [open_tun(name) for name in sys.argv[1:3]]
    other = {devices[0]: devices[1], devices[1]: devices[0]}
    flying = collections.deque()
    os.write(1, b"ready\n")
    while True:
        wait = max(0, flying[0][0] - time.monotonic()) if flying else None
        readable, _, _ = select.select([*devices, sys.stdin], [], [], wait)
        if sys.stdin in readable and not os.read(0, 1):
            return
        now = time.monotonic()
        while flying and flying[0][0] <= now:
            _, device, packet = flying.popleft()
            write(device, packet)
        for device in readable:
            if device is sys.stdin:
                continue
            try:
                packet = os.read(device, MAX_PACKET_BYTES)
            except BlockingIOError:
                continue
            if len(flying) < MAX_PACKETS:
                flying.append((now + delay, other[device], packet))


main()
