#!/usr/bin/python3
"""crowd.py attack|office: many clients at once, each at addresses of its own, told as JSON on the standard input, a line; what became of them on the standard output.

attack: {"size": attempts at once, "tries": of each in one go, "ban": seconds, "attackers": [{"name", "service", "addresses": [...], "server"}]}
    Each fails to log in, several times at once, while one more connection of its stays open, and goes on until nobody answers any more; then it knocks again and again until
    somebody does. Who is answered within half of "ban" seconds was not shut out, the server was busy: he goes on.
    Lines as it goes: {"event": "out" or "in", "name"}; at the end {"event": "told", "attackers": {name: {...}}}:
        out       when the first knock was not answered      held    what became of the open connection: reset, ended, open
        knocks    [time, answer] while it was out, but for those that got none: "refused" (the machine answered, no service) or "open"
        last      when the last knock without an answer began         again   when it was let in again
office: {"logins": [[service, user, password, source, server]...]}
    Each logs in again and again until the standard input ends: {"in": how often, "not": [[when, service, source, answer]...]}; a password "Wrong-..." is refused rightly, once.
    A service that restarts meanwhile is asked again.
Runs only in a lab's internet (client.py).
"""
import concurrent.futures, itertools, json, socket, sys, threading, time

import client

PORTS = {"ssh": 22, "submission": 587, "imap": 143, "pop3": 110, "ftp": 21, "vsftpd": 2121, "pure-ftpd": 2122, "wordpress": 443}
KNOCK, LONGEST = 0.8, 120
RESTARTS = ("ConnectionRefused", "ConnectionReset", "EOFError", "BrokenPipe", "SSLZeroReturn")  # what a service that restarts meanwhile says
CONTEXT = client.tls()
client.tls = lambda: CONTEXT  # reading the authorities takes longer than a login


def at():
    return round(time.time(), 3)


def say(**what):
    print(json.dumps(what), flush=True)


def knock(service, source, server, seconds=KNOCK):
    """open; refused: the machine answered; nothing: no answer at all."""
    try:
        socket.create_connection((server, PORTS[service]), seconds, (source, 0)).close()
        return "open"
    except ConnectionRefusedError:
        return "refused"
    except OSError:
        return "nothing"


def login(service, user, password, source, server):
    """in; failed: these words; OSError and the like: it did not come to that."""
    try:
        if service in ("vsftpd", "pure-ftpd"):
            client.ftp(user, password, (source, 0), server, PORTS[service])
        else:
            client.SERVICES[service](user, password, (source, 0), server)
        return "in"
    except client.REFUSALS as e:
        return f"{type(e).__name__} {e}"


class Attacker:
    def __init__(self, about):
        self.__dict__.update(about)
        self.knocks, self.answers, self.held, self.last, self.again, self.out = [], [], None, None, None, None

    def attempt(self, n):
        source, began = self.addresses[n % len(self.addresses)], at()
        if n == 0:
            threading.Thread(target=self.hold, daemon=True).start()
        if knock(self.service, source, self.server) == "nothing" and knock(self.service, source, self.server, 4) == "nothing":
            answer = "timed out"    # twice, since a busy server may overlook one
        else:
            answer = login(self.service, f"{self.name}-{n % 3}", "Wrong-1", source, self.server)[:120]
        self.answers.append([began, answer])
        if answer.startswith(RESTARTS):
            time.sleep(1)
        if "timed out" in answer:
            self.out = min(self.out or began, began)
        return self.out is None

    def hold(self):
        """A connection on which nothing is said; one that a service ends, since it restarts or will not wait, is made again."""
        while True:
            try:
                with socket.create_connection((self.server, PORTS[self.service]), 2, (self.addresses[0], 0)) as s:
                    if self.service == "wordpress":
                        s.send(b"\x16")    # Apache takes a connection when something is said
                    s.settimeout(LONGEST)
                    self.held = "open"
                    while s.recv(1000):
                        pass
                    self.held = "ended"
            except ConnectionResetError:
                self.held = "reset"
            except ConnectionRefusedError:
                pass
            except OSError:
                return
            time.sleep(0.2)

    def attack(self, pool, tries, ban):
        going = all(list(pool.map(self.attempt, range(tries))))
        end = time.monotonic() + LONGEST
        for n in itertools.count(tries):
            if going and time.monotonic() > end:
                return
            if going:
                going = self.attempt(n)
                continue
            say(event="out", name=self.name)
            self.wait_outside()
            if not self.again or self.again - self.out >= ban / 2:
                return
            say(event="in", name=self.name)
            self.again, self.out, self.knocks, going = None, None, [], True

    def wait_outside(self):
        end = time.monotonic() + LONGEST
        while time.monotonic() < end:
            began = time.monotonic()
            when, answer = at(), knock(self.service, self.addresses[0], self.server)
            if answer == "open":
                self.again = at()
                return
            if answer == "nothing":
                self.last = when
            else:
                self.knocks.append([when, answer])
            time.sleep(max(0, 1 - (time.monotonic() - began)))

    def told(self):
        return {k: getattr(self, k) for k in ("service", "addresses", "out", "held", "knocks", "answers", "last", "again")}


def attack(plan):
    crowd = [Attacker(a) for a in plan["attackers"]]
    with concurrent.futures.ThreadPoolExecutor(plan["size"]) as pool, concurrent.futures.ThreadPoolExecutor(len(crowd)) as minds:
        list(minds.map(lambda a: a.attack(pool, plan["tries"], plan["ban"]), crowd))
    say(event="told", attackers={a.name: a.told() for a in crowd})


def office(plan):
    stop, lock, ins, wrong = threading.Event(), threading.Lock(), 0, []

    def go(one):
        nonlocal ins
        while not stop.is_set():
            when, answer = at(), login(*one)
            with lock:
                if answer == "in":
                    ins += 1
                elif answer.startswith(RESTARTS):
                    pass
                elif not one[2].startswith("Wrong-"):
                    wrong.append([when, one[0], one[3], answer])
            if stop.wait(2) or one[2].startswith("Wrong-"):
                return
    with concurrent.futures.ThreadPoolExecutor(len(plan["logins"])) as pool:
        working = [pool.submit(go, one) for one in plan["logins"]]
        sys.stdin.read()
        stop.set()
        for w in working:
            w.result()
    print(json.dumps({"in": ins, "not": wrong}), flush=True)


if __name__ == "__main__":
    client.only_in_a_lab()
    {"attack": attack, "office": office}[sys.argv[1]](json.loads(sys.stdin.readline()))
