"""test_detectors.py BUILD [SEED...]: the detectors on labelled months, each of another seed. Small ones (60 accounts, ten days): what is asked for is less than what whole months give
(tests/bench/README.md), because ten days are the first ones, in which nobody is known yet, and one telephone is more of a few sources."""
import pathlib, sys, tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import months, score  # noqa: E402

ACCOUNTS, DAYS, SCALE = 60, 10, 0.5
OUT = {"brute": 0.95, "spray": 0.95, "slow": 0.85, "spread": 0.9}  # of the sources that had the chance: enough failures, for the kind
CHANCE = {"brute": score.MAX_RETRY, "spray": score.MAX_RETRY, "slow": 13, "spread": 1}
PRECISION, LIVING = 0.95, 0.03                                      # of who is shut out, attackers; of who lives there and fails, shut out
# Months that are otherwise (months.VARIANTS): seeds, accounts, days, precision, living. Where the one account that there is, or a telephone's of which nothing is known, is under attack from the
# first days on, who fails on it from a place where nobody ever logged in is shut out at once, its owner too. Where logins are not logged, nobody is known.
OTHERS = {"small": ((21, 22), None, 10, PRECISION, 0.1), "one": ((23, 24), None, 10, 0.9, 0.8), "unlogged": ((25, 26), ACCOUNTS, DAYS, PRECISION, 0.4), "rotating": ((27, 28), ACCOUNTS, DAYS),
          "first-day": ((29, 30), ACCOUNTS, DAYS, PRECISION, 0.1), "moving-office": ((31, 32), ACCOUNTS, DAYS), "new-phones": ((33, 34), ACCOUNTS, DAYS, 0.83, 0.42)}


def sums_of(seeds, build, accounts_n=ACCOUNTS, days=DAYS, variant="usual"):
    total, wrong, living, out, told, known = {k: [0, 0] for k in OUT}, [], 0, 0, 0, 0
    for seed in seeds:
        with tempfile.TemporaryDirectory() as tmp:
            directory = pathlib.Path(tmp)
            labels = months.month(seed, directory, accounts_n, days, SCALE, variant)
            document = score.replay(build, directory)
            by_source = score.bans_by_source(labels, score.bans_of(document))
            got = score.score(labels, score.bans_of(document))
        for source, who in labels["sources"].items():
            if who["kind"] in OUT and len(labels["failed"].get(source, [])) >= CHANCE[who["kind"]]:
                total[who["kind"]][0] += source in by_source
                total[who["kind"]][1] += 1
            living += not who["attack"] and source in labels["failed"]
        wrong += [(seed, *w) for w in got["wrong"].items()]
        out += got["out"]
        accounts = score.told_of_accounts(labels, document)["told"]
        told, known = told + len(accounts), known + sum(d is not None for d in accounts)
    return total, wrong, living, out, told, known


def faults_of(build, variant, seeds, accounts=ACCOUNTS, days=DAYS, precision=PRECISION, spared=LIVING):
    total, wrong, living, out, told, known = sums_of(seeds, build, accounts, days, variant)
    faults = [f"{kind}: {n} of {of} shut out" for kind, (n, of) in total.items() if n < OUT[kind] * of]
    if len(wrong) > (1 - precision) * out or len(wrong) > spared * living + 2:
        faults.append(f"{len(wrong)} of {out} shut out are no attackers, of {living} that live there and fail: {wrong}")
    if known < told:
        faults.append(f"{known} of {told} attacks on one account told")
    print(f"{variant}, seeds {seeds}: {total}, {len(wrong)} of {out} wrongly, {known} of {told} accounts told", *faults, sep="\n    ", flush=True)
    return faults


def main():
    seeds = [int(x) for x in sys.argv[2:]]
    if seeds:
        return bool(faults_of(sys.argv[1], "usual", seeds))
    faults = faults_of(sys.argv[1], "usual", [11, 12, 13, 14])
    for variant, month in OTHERS.items():
        faults += faults_of(sys.argv[1], variant, *month)
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
