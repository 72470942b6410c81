"""Sums up the .trx files of `dotnet test` and the JUnit files of Vitest. For tests/run.

results.py one FILE       one line about a project, and what failed or was skipped in it
results.py all DIRECTORY  the last line of tests/run; exit code 1 when something failed
"""

import glob
import os
import sys
import xml.etree.ElementTree as ElementTree

# Of a longer failure the beginning and the end are shown.
MOST_LINES = 80
SPACE = "{http://microsoft.com/schemas/VisualStudio/TeamTest/2010}"


def read(path):
    """Passed, failed and skipped tests of a .trx or JUnit file: lists of (name, text)."""
    results = {"passed": [], "failed": [], "skipped": []}
    if path.endswith(".xml"):
        for case in ElementTree.parse(path).getroot().iter("testcase"):
            wrong = [one for tag in ("failure", "error") for one in case.findall(tag)]
            outcome = "failed" if wrong else "skipped" if case.find("skipped") is not None else "passed"
            results[outcome].append((case.get("name"), "\n".join((one.text or one.get("message") or "").strip() for one in wrong)))
        return results
    for result in ElementTree.parse(path).getroot().iter(SPACE + "UnitTestResult"):
        outcome = {"Passed": "passed", "NotExecuted": "skipped"}.get(result.get("outcome"), "failed")
        texts = [result.findtext(".//%s%s" % (SPACE, tag)) for tag in ("Message", "StackTrace")]
        if outcome == "skipped":
            texts = texts[:1] if texts[0] else [result.findtext(".//%sStdOut" % SPACE)]
        results[outcome].append((result.get("testName"), "\n".join(text.strip() for text in texts if text)))
    return results


def one(path, name, seconds, exit_code):
    if not os.path.exists(path):
        print("%s: no results, exit code %s" % (name, exit_code))
        return
    results = read(path)
    print("%-22s %5d passed, %d failed, %d skipped (%s s)" % (name, *(len(results[kind]) for kind in ("passed", "failed", "skipped")), seconds))
    for test, text in results["failed"]:
        lines = text.splitlines()
        print("  FAILED  " + test)
        if len(lines) > MOST_LINES:
            lines[MOST_LINES // 4 : len(lines) - MOST_LINES * 3 // 4] = ["[%d lines are left out]" % (len(lines) - MOST_LINES)]
        print("".join("          %s\n" % line for line in lines), end="")
    for test, text in results["skipped"]:
        print("  SKIPPED %s: %s" % (test, " ".join(text.split()) or "no reason given"))


def all_of(directory):
    total = {"passed": 0, "failed": 0, "skipped": 0}
    for path in sorted(glob.glob(os.path.join(directory, "*.exit"))):
        with open(path) as file:
            exit_code = int(file.read())
        name = path[: -len(".exit")]
        results = next((name + ending for ending in (".trx", ".xml") if os.path.exists(name + ending)), name + ".trx")
        counts = {kind: len(tests) for kind, tests in read(results).items()} if os.path.exists(results) else dict(total, passed=0, failed=0, skipped=0)
        nothing = not any(counts.values()) and not os.environ.get("FILTER") and os.path.exists(results)
        if (exit_code != 0 and counts["failed"] == 0) or nothing:
            counts["failed"] = 1  # it crashed, hung, or holds no test
        for kind in total:
            total[kind] += counts[kind]
    unwanted = total["failed"] + (total["skipped"] if os.environ.get("CI") == "true" else 0)
    if os.environ.get("CI") == "true" and total["skipped"]:
        print("Nothing may be skipped in CI.")
    print("%(passed)d passed, %(failed)d failed, %(skipped)d skipped" % total)
    return 1 if unwanted or total["passed"] == 0 else 0


if __name__ == "__main__":
    if sys.argv[1] == "one":
        one(*sys.argv[2:])
    else:
        sys.exit(all_of(sys.argv[2]))
