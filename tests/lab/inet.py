"""inet.py: the internet's side of a lab: DNS for the lab's names and three mail servers. It is the first process in there.

A mail server takes (ok.example), puts off (defer.example) or refuses (reject.example) every recipient; what /run/sink/NAME says
(ok, defer, reject) overrides that from the next recipient on. Mail that was taken is kept in /var/tmp/sink/NAME/.
"""
import itertools, os, pathlib, signal, socketserver, struct, threading

HOSTS = {name: ("198.18.0.10", "2001:db8::10") for d in ("lab", "alpha", "beta", "gamma") for name in (f"{d}.example", f"www.{d}.example", f"mail.{d}.example")}
SINKS = {"ok": "198.18.0.21", "defer": "198.18.0.22", "reject": "198.18.0.23"}
HOSTS |= {f"{name}.example": (address, None) for name, address in SINKS.items()}
POINTERS = {"10.0.18.198.in-addr.arpa": "lab.example", "7.100.51.198.in-addr.arpa": "office.example",
            "0.1." + "0." * 22 + "8.b.d.0.1.0.0.2.ip6.arpa": "lab.example"}
A, PTR, MX, AAAA = 1, 12, 15, 28


def wire(name):
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"


def records(name, kind):
    """What the zone holds: a list of record data, or None where there is no such name."""
    if name in POINTERS:
        return [wire(POINTERS[name])] if kind == PTR else []
    if name not in HOSTS:
        return None
    v4, v6 = HOSTS[name]
    if kind == A:
        return [bytes(map(int, v4.split(".")))]
    if kind == AAAA and v6:
        return [bytes.fromhex("20010db8" + "0" * 22 + "10")]
    if kind == MX:
        return [struct.pack(">H", 10) + wire("lab.example" if v6 else name)]
    return []


class Dns(socketserver.BaseRequestHandler):
    def handle(self):
        query, reply = self.request
        try:
            at, parts = 12, []
            while query[at]:
                parts.append(query[at + 1:at + 1 + query[at]].decode("ascii"))
                at += 1 + query[at]
            kind, _ = struct.unpack_from(">HH", query, at + 1)
        except (IndexError, struct.error, UnicodeDecodeError):
            return
        found = records(".".join(parts).lower(), kind)
        flags = 0x8580 | (3 if found is None else 0)  # an answer with authority; NXDOMAIN
        answers = b"".join(struct.pack(">HHHIH", 0xC00C, kind, 1, 60, len(data)) + data for data in found or [])
        reply.sendto(query[:2] + struct.pack(">HHHHH", flags, 1, len(found or []), 0, 0) + query[12:at + 5] + answers, self.client_address)


class Sink(socketserver.StreamRequestHandler):
    REPLY = {"ok": "250 ok", "defer": "450 4.2.0 try again later", "reject": "550 5.7.1 refused by policy"}
    numbers = itertools.count()

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        self.say(f"220 {self.server.name}.example ESMTP")
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"QUIT":
                return self.say("221 bye")
            if verb == b"RCPT":
                mode = pathlib.Path("/run/sink", self.server.name)
                self.say(self.REPLY.get(mode.read_text().strip() if mode.exists() else self.server.name, "451 no such mode"))
            elif verb == b"DATA":
                self.say("354 go on")
                text = b"".join(iter(self.rfile.readline, b".\r\n"))
                pathlib.Path("/var/tmp/sink", self.server.name, f"{next(self.numbers)}.eml").write_bytes(text)
                self.say("250 taken")
            else:
                self.say("250 ok")


class Udp(socketserver.ThreadingUDPServer):
    allow_reuse_address = daemon_threads = True


class Udp6(Udp):
    address_family = 10  # AF_INET6


class Tcp(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


def serve(server):
    threading.Thread(target=server.serve_forever, daemon=True).start()


def main():
    os.makedirs("/run/sink", exist_ok=True)
    serve(Udp(("198.18.0.1", 53), Dns))
    serve(Udp6(("2001:db8::1", 53), Dns))
    for name, address in SINKS.items():
        os.makedirs(f"/var/tmp/sink/{name}", exist_ok=True)
        server = Tcp((address, 25), Sink)
        server.name = name
        serve(server)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # as first process: nobody else takes orphans
    while True:
        signal.pause()


main()
