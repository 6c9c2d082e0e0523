"""Attempts to reach anybody over a network, on this machine or off it, or by a socket that has a name."""

from __future__ import annotations

import os
import socket

from whence.runtime.confinement.escapes.attempt import Group, Targets, reached

network = Group("network")

LOOPBACK = "127.0.0.1"
SECOND = 1.0


@network
def connect_to_a_port_of_this_machine(targets: Targets) -> str:
    socket.create_connection((LOOPBACK, targets.listening), timeout=SECOND).close()
    return "a connection"


@network
def listen_on_a_port(_: Targets) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as own:
        own.bind((LOOPBACK, 0))
        own.listen()
        return f"port {own.getsockname()[1]}"


@network
def send_a_datagram(targets: Targets) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.sendto(b"secret", (LOOPBACK, targets.datagrams))
    return "a datagram sent"


@network
def open_a_socket_of_the_sixth_version(_: Targets) -> str:
    socket.socket(socket.AF_INET6, socket.SOCK_STREAM).close()
    return "a socket"


@network
def send_raw_packets(_: Targets) -> str:
    socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).close()
    return "a raw socket"


@network
def look_up_a_name(_: Targets) -> str:
    return f"{len(socket.getaddrinfo('localhost', 80))} addresses"


@network
def connect_to_an_abstract_socket(targets: Targets) -> str:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as own:
        own.connect(f"\0{targets.abstract}")
    return "a connection"


@network
def connect_to_a_socket_in_a_folder(targets: Targets) -> str:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as own:
        own.connect(targets.socket)
    return "a connection"


@network
def listen_in_the_scratch_folder(_: Targets) -> str:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as own:
        own.bind("socket")
    os.unlink("socket")  # noqa: PTH108
    return "a socket with a name"


@network
def make_a_pair_of_sockets_that_take_addresses(_: Targets) -> str:
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    one.close()
    other.close()
    return "datagram sockets, which can send to any name"


@network
def connect_half_of_a_pair_elsewhere(targets: Targets) -> str | None:
    one, other = socket.socketpair()
    try:
        return reached(
            "connect", one.fileno(), f"\1\0\0{targets.abstract}".encode(), 3 + len(targets.abstract)
        )
    finally:
        one.close()
        other.close()


@network
def send_to_an_address_by_half_of_a_pair(targets: Targets) -> str | None:
    one, other = socket.socketpair()
    try:
        address = f"\1\0\0{targets.abstract}".encode()
        return reached("sendto", one.fileno(), b"x", 1, 0, address, len(address))
    finally:
        one.close()
        other.close()


@network
def pass_on_a_descriptor(_: Targets) -> str:
    one, other = socket.socketpair()
    try:
        socket.send_fds(one, [b"x"], [0])
    finally:
        one.close()
        other.close()
    return "a descriptor passed on"


@network
def talk_to_the_kernel_about_networks(_: Targets) -> str:
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).close()
    return "a netlink socket"


@network
def listen_to_every_packet(_: Targets) -> str:
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close()
    return "a packet socket"


@network
def talk_to_the_machine_below(_: Targets) -> str:
    socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM).close()
    return "a socket to the hypervisor"


@network
def use_the_ciphers_of_the_kernel(_: Targets) -> str:
    socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET).close()
    return "a socket of the kernel's ciphers"


network.reaches("bind a descriptor", "bind", -1, None, 0)
network.reaches("listen on a descriptor", "listen", -1, 1)
network.reaches("accept from a descriptor", "accept4", -1, None, None, 0)
