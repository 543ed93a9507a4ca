#!/usr/bin/python3
"""latency.py [N]: how long from a line to the kernel's set. In a server where bansho-watch and bansho-wall run as their units (the lab): N attackers, one after the other, each
five failures written at once into ProFTPD's log, a few milliseconds apart; until the kernel's own message about the element is here. The measuring process runs before all
others (SCHED_FIFO), so that what it waits for itself is not in the figure. What lies in it: inotify, the watch's turn, the socket, the wall's turn, the transaction.
Milliseconds: median, p90, p99, most; the load."""
import os, socket, struct, sys, threading, time

n = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else 200
gap = float(os.environ.get("GAP", "0.02"))
seen, come = {}, threading.Condition()
wire = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)  # NETLINK_NETFILTER
wire.bind((0, 0))
wire.setsockopt(270, 1, 7)  # SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, NFNLGRP_NFTABLES
try:
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
except OSError as e:
    print("without priority of its own:", e)


def listen():
    while True:
        data, now = wire.recv(65536), time.monotonic()
        at = 0
        while at + 16 <= len(data):  # nlmsghdr
            size, kind = struct.unpack_from("=IH", data, at)
            if kind & 0xff == 12:  # NFT_MSG_NEWSETELEM
                key = data.find(b"\x08\x00\x01\x00\x0a", at, at + size)
                with come:
                    while key >= 0:
                        seen.setdefault(socket.inet_ntoa(data[key + 4:key + 8]), now)
                        key = data.find(b"\x08\x00\x01\x00\x0a", key + 1, at + size)
                    come.notify()
            at += max(size + 3 & ~3, 16)


threading.Thread(target=listen, daemon=True).start()
took, lost = [], 0
round_ = int(time.time()) // 2
with open("/var/log/proftpd/proftpd.log", "a") as log:
    for i in range(n):
        address = f"10.{(round_ + i // 250) % 250 + 1}.{i % 250}.{round_ // 250 % 250 + 1}"
        stamp = time.strftime("%Y-%m-%d %H:%M:%S") + ",000"
        text = "".join(f"{stamp} lab proftpd[{k}] 198.18.0.10 ({address}[{address}]): USER info (Login failed): Incorrect password\n" for k in range(5))
        began = time.monotonic()
        log.write(text)
        log.flush()
        with come:
            if come.wait_for(lambda: address in seen, 3):
                took.append((seen[address] - began) * 1000)
            else:
                lost += 1
                print(f"{address} not within 3 s of {stamp}")
        time.sleep(gap)
took.sort()
at = lambda q: took[min(len(took) - 1, int(len(took) * q))]
if took:
    print(f"{len(took)} of {n}: median {at(.5):.2f} p90 {at(.9):.2f} p99 {at(.99):.2f} most {took[-1]:.2f} ms; {lost} not seen; load {os.getloadavg()[0]:.0f}")
