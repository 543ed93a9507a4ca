#!/usr/bin/python3
"""latency.py [N]: how long from a line to the kernel's set. In a server where bansho-watch and bansho-wall run (the lab): N attackers, one after the other, each five failures written
at once into ProFTPD's log; the kernel tells of the ban by nft monitor, whose own delay is in the figure. Milliseconds: median, p90, p99, most."""
import re, subprocess, sys, threading, time

n = int(sys.argv[1]) if len(sys.argv) > 1 else 200
seen, come = {}, threading.Condition()
monitor = subprocess.Popen(["stdbuf", "-oL", "nft", "monitor", "elements"], stdout=subprocess.PIPE, text=True)


def listen():
    for line in monitor.stdout:
        for address in re.findall(r"10\.\d+\.\d+\.1\b", line):
            with come:
                seen.setdefault(address, time.monotonic())
                come.notify()


threading.Thread(target=listen, daemon=True).start()
time.sleep(1)
took, lost = [], 0
with open("/var/log/proftpd/proftpd.log", "a") as log:
    for i in range(n):
        address = f"10.{i // 250 + 1}.{i % 250}.1"
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
        time.sleep(0.02)
monitor.kill()
took.sort()
at = lambda q: took[min(len(took) - 1, int(len(took) * q))]
print(f"{len(took)} of {n}: median {at(.5):.1f} p90 {at(.9):.1f} p99 {at(.99):.1f} most {took[-1]:.1f} ms; {lost} not seen")
