"""Orbit's pytest plugin: tells what pytest does, as it does it, and writes Allure results. PYTEST_DONT_REWRITE

Load it with PYTHONPATH=<its directory> and PYTEST_PLUGINS=orbit_pytest (or -p orbit_pytest). It is idle unless
ORBIT_PYTEST_EVENTS  names a file that gets one JSON line an event (docs/pytest-events.md), or
ORBIT_ALLURE_DIR     names a directory for Allure results; or
ORBIT_PYTEST_SELECT  names a file of node ids (a JSON array, or one a line): every other test is deselected.

It never changes an outcome or an exit status: whatever goes wrong in here becomes a `plugin_error` event. Python 3.6
syntax, the standard library, and only those pytest APIs that versions 6 to 9 share.
"""
import hashlib
import json
import os
import platform
import re
import socket
import string
import sys
import threading
import time

import pytest

FORMAT = 1
TEXT_CAP = 64 * 1024  # bytes of one message, trace or captured stream
ATTACHMENT_CAP = 16 * 1024 * 1024  # bytes of one captured stream beside an Allure result
IDS_IN_A_RECORD, IDS_CAP = 500, 256 * 1024  # ids and characters, whichever is reached first
BACKLOG = 1000  # records kept while the disk is full
OWNER = "ORBIT_PYTEST_OWNER"  # pid of the pytest that reports; one that a test starts inherits it and stays silent
RANKS = ["passed", "xpassed", "skipped", "xfailed", "error", "failed", "crash", "rerun"]  # the worse report wins
STATUSES = dict(passed="passed", xpassed="passed", skipped="skipped", xfailed="skipped", error="broken",
                failed="failed", crash="broken", rerun="failed")
NO_TAG = ("usefixtures", "filterwarnings", "skip", "skipif", "xfail", "parametrize")
NOT_BROKEN = ("DocTestFailure", "MultipleDoctestFailures")
_in_use = []  # not empty while a session of this process reports: pytest inside pytest stays silent


class Real(object):
    """Functions as they were at import: tests may freeze the clock or fake the file system."""
    open, write, close, fstat, rename, getpid, urandom = (
        os.open, os.write, os.close, os.fstat, os.rename, os.getpid, os.urandom)
    wall, steady = time.time, time.monotonic
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode


def now_ms():
    return int(Real.wall() * 1000)


def clean(text):
    """Text that every reader can store: lone surrogates and NUL become visible escapes."""
    return str(text).encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")


def cut(text, cap=TEXT_CAP):
    """At most `cap` bytes of UTF-8: the beginning, a marker, and a quarter from the end."""
    text = str(text)
    whole = len(text) <= cap and clean(text)
    if whole is not False and len(whole.encode("utf-8")) <= cap:
        return whole
    head, tail = clean(text[:cap]).encode("utf-8"), clean(text[-cap:]).encode("utf-8")
    mark = "\n[... cut by Orbit: %d characters, of which %d KiB are kept ...]\n" % (len(text), cap // 1024)
    return (head[:cap * 3 // 4].decode("utf-8", "ignore") + mark
            + tail[len(mark) - cap // 4:].decode("utf-8", "ignore"))


def name_of(nodeid):
    """A test's node id, storable, and without the group that xdist's `--dist loadgroup` adds."""
    return re.sub(r"@[^\[\]/:]*$", "", clean(nodeid))


def md5(*parts):
    """The ids that Allure's own adapters write. Hosts in FIPS mode allow it only for what needs no security."""
    data = "".join(parts).encode("utf-8")
    return (hashlib.md5(data, usedforsecurity=False) if sys.version_info >= (3, 9) else hashlib.md5(data)).hexdigest()


def new_uuid():
    digits = bytearray(Real.urandom(16))
    digits[6], digits[8] = digits[6] & 0x0F | 0x40, digits[8] & 0x3F | 0x80
    return re.sub(r"(.{8})(.{4})(.{4})(.{4})(.{12})", r"\1-\2-\3-\4-\5", digits.hex())


class Journal(object):
    """The events file: each record is one write of one line, so a kill loses none that was told."""

    def __init__(self, path):
        self.path, self.pid, self.session = os.path.abspath(path), Real.getpid(), Real.urandom(8).hex()
        self.lock, self.fd, self.file, self.torn = threading.RLock(), None, None, False
        # (records written, records still to write). Replaced in one assignment: a KeyboardInterrupt between any two
        # byte codes leaves it whole and at worst repeats a line, which its number shows.
        self.state = (0, ())

    def tell(self, event, **fields):
        if Real.getpid() != self.pid:
            return  # a forked child; the parent reports
        record = dict(event=event, time_ms=now_ms(), mono_us=int(Real.steady() * 1e6))
        record.update(fields)
        with self.lock:
            written, waiting = self.state
            if len(waiting) >= BACKLOG:
                written, waiting = written + 1, waiting[1:]  # the gap in the numbers shows the loss
            self.state = (written, waiting + (record,))
            try:
                self.flush()
            except OSError:
                pass  # disk full, say: the record waits, and is written before the next one

    def flush(self):
        while self.state[1]:
            written, waiting = self.state
            fields = {"v": FORMAT, "session": self.session, "seq": written + 1}
            fields.update(waiting[0])
            line = ("\n" if self.torn else "") + Real.encode(fields) + "\n"
            data = line.encode("utf-8", "backslashreplace")
            self.torn = self.put(data) != len(data)
            if self.torn:
                return
            self.state = (written + 1, waiting[1:])

    def put(self, data):
        if self.fd is not None and self.identity() != self.file:
            self.fd = None  # a test closed our descriptor; the number may be another file's by now
        if self.fd is None:
            self.fd = Real.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
            self.file = self.identity()
        return Real.write(self.fd, data)

    def identity(self):
        try:
            status = Real.fstat(self.fd)
            return status.st_dev, status.st_ino
        except OSError:
            return None


class Careful(object):
    """Runs our own code so that its mistakes are told and never felt by the tests."""

    def __init__(self, on_error):
        self.on_error = on_error

    def safely(self, body, *args):
        try:
            return body(*args)
        except Exception as error:  # a mistake of ours must not become a test's
            try:
                self.on_error(body.__name__, cut("%s: %s" % (type(error).__name__, error), 4096))
            except Exception:
                pass
            return None


def outcome_of(report):
    if report.outcome == "rerun":
        return "rerun"
    if report.outcome == "failed":
        return {"call": "failed", "setup": "error", "teardown": "error"}.get(report.when, "crash")
    return ("x" + report.outcome.replace("skipped", "failed")) if hasattr(report, "wasxfail") else report.outcome


class Attempt(object):
    """The reports of one try of one test, and the one among them that says how it ended."""

    def __init__(self, began=None):
        self.uuid, self.started = new_uuid(), int(began * 1000) if began else now_ms()
        self.duration, self.outcome, self.worst, self.last = 0.0, None, None, None

    def add(self, report):
        """True when no further report of this try can come. One that will be repeated may lack the teardown report."""
        outcome = outcome_of(report)
        rank = RANKS.index(outcome)
        best = -1 if self.outcome is None else RANKS.index(self.outcome)
        if rank > best or (rank == best and report.when == "call"):
            self.outcome, self.worst = outcome, report
        self.duration += getattr(report, "duration", 0) or 0
        self.last = report
        return report.when == "teardown" or outcome == "crash"

    def is_over(self, report):
        """Whether `report` begins another try."""
        return self.outcome is not None and report.when == "setup"

    @property
    def facts(self):
        return getattr(self.worst, "orbit", None) or {}

    def details(self):
        """(Allure status, message, trace)"""
        status = self.facts.get("status") or STATUSES[self.outcome]
        if self.outcome == "passed":
            return status, None, None
        trace, message = str(getattr(self.worst, "longreprtext", "") or ""), self.facts.get("message")
        if message is None:
            crash = getattr(getattr(self.worst, "longrepr", None), "reprcrash", None)
            message = str(getattr(crash, "message", "") or trace)
        if hasattr(self.worst, "wasxfail"):
            word = self.outcome[:-2].upper() if self.outcome == "xpassed" else "XFAIL"
            head = "%s %s" % (word, self.worst.wasxfail) if self.worst.wasxfail else word
            message = head + "\n\n" + message if message else head
        return status, cut(message), cut(trace)

    def captured(self, cap=TEXT_CAP):
        for name, attribute in (("stdout", "capstdout"), ("stderr", "capstderr"), ("log", "caplog")):
            text = getattr(self.last, attribute, "") if getattr(self.last, "sections", None) else ""
            if text:
                yield name, cut(text, cap)


class Teller(Careful):
    """Turns pytest's hooks into events. Lives in the process that a user started, not in xdist's workers."""

    def __init__(self, journal, config, settings):
        Careful.__init__(self, lambda where, what: journal.tell("plugin_error", where=where, message=what))
        self.journal, self.config, self.settings = journal, config, settings
        self.attempts, self.counts, self.collect_errors, self.collected = {}, {}, 0, False
        self.deselected, self.begun, self.early = 0, Real.steady(), []

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session):
        self.safely(self.start, session)

    def start(self, session):
        parallel = self.config.pluginmanager.hasplugin("dsession")
        workers = len(getattr(self.config.option, "tx", None) or ()) if parallel else 0
        self.journal.tell(
            "session_start", pid=Real.getpid(), pgid=os.getpgid(0), ppid=os.getppid(), host=socket.gethostname(),
            python=platform.python_version(), implementation=platform.python_implementation(),
            pytest=pytest.__version__, cwd=clean(os.getcwd()),
            rootdir=clean(getattr(self.config, "rootpath", None) or self.config.rootdir),
            workers=workers, allure=self.settings["writer"], results_dir=self.settings["results"])
        for where, what in self.early:
            self.on_error(where, what)

    def pytest_collectreport(self, report):
        if report.failed:
            self.safely(self.collect_error, report)

    def collect_error(self, report):
        self.collect_errors += 1
        trace = str(getattr(report, "longreprtext", "") or report.longrepr)
        told = [line[2:].strip() for line in trace.splitlines() if line.startswith("E ")]
        message = (told or trace.strip().splitlines() or [""])[-1]
        self.journal.tell("collect_error", id=clean(report.nodeid), message=cut(message), longrepr=cut(trace))

    def pytest_deselected(self, items):
        self.deselected += len(items)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session):
        self.safely(self.collection, [item.nodeid for item in session.items])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node, ids):
        if not self.collected:
            self.safely(self.collection, ids)

    def collection(self, ids):
        self.collected, ids = True, [name_of(test) for test in ids]
        first, size = 0, 0
        for at, test in enumerate(ids):
            if at - first == IDS_IN_A_RECORD or size > IDS_CAP:
                self.journal.tell("collected_ids", first=first, ids=ids[first:at])
                first, size = at, 0
            size += len(test)
        if ids:
            self.journal.tell("collected_ids", first=first, ids=ids[first:])
        fields = dict(total=len(ids), errors=self.collect_errors, deselected=self.deselected)
        wanted = self.settings["select"]
        if wanted is not None:
            here = set(ids)
            missing = [test for test in wanted if name_of(test) not in here]
            fields["select"] = dict(wanted=len(wanted), missing=len(missing), missing_ids=missing[:20])
        self.journal.tell("collected", **fields)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid, location):
        self.safely(self.test_start, nodeid, location)

    def test_start(self, nodeid, location):
        self.close(nodeid, "rerun")
        self.journal.tell("test_start", id=name_of(nodeid), file=clean(location[0]), line=(location[1] or 0) + 1)

    def pytest_runtest_logreport(self, report):
        self.safely(self.test_report, report)

    def test_report(self, report):
        key = (report.nodeid, getattr(report, "worker_id", None))
        if key in self.attempts and self.attempts[key].is_over(report):
            self.test_finish(report.nodeid, self.attempts.pop(key), key[1])
        attempt = self.attempts.setdefault(key, Attempt())
        if attempt.add(report):
            self.test_finish(report.nodeid, self.attempts.pop(key), key[1])

    def pytest_runtest_logfinish(self, nodeid, location):
        self.safely(self.close, nodeid)

    def close(self, nodeid, *outcomes):
        """For runners that leave out the teardown report."""
        open_ones = [key for key in self.attempts if key[0] == nodeid] if self.attempts else ()
        for key in [key for key in open_ones if not outcomes or self.attempts[key].outcome in outcomes]:
            self.test_finish(nodeid, self.attempts.pop(key), key[1])

    def test_finish(self, nodeid, attempt, worker):
        self.counts[attempt.outcome] = self.counts.get(attempt.outcome, 0) + 1
        status, message, trace = attempt.details()
        fields = dict(id=name_of(nodeid), outcome=attempt.outcome, status=status, phase=attempt.worst.when,
                      duration_ms=round(attempt.duration * 1000, 3))
        fields.update(attempt.captured())
        written = (getattr(attempt.last, "orbit", None) or {}).get("result")
        for name, value in (("worker", worker), ("message", message), ("longrepr", trace), ("result", written)):
            if value:
                fields[name] = value
        self.journal.tell("test_finish", **fields)

    def pytest_keyboard_interrupt(self, excinfo):
        self.safely(self.interrupted, excinfo)

    def interrupted(self, excinfo):
        self.journal.tell("interrupted", kind=excinfo.type.__name__, message=cut(excinfo.value, 4096),
                          returncode=getattr(excinfo.value, "returncode", None))

    def pytest_internalerror(self, excrepr, excinfo):
        self.safely(self.internal_error, excrepr, excinfo)

    def internal_error(self, excrepr, excinfo):
        self.journal.tell("internal_error", message=cut(excinfo.exconly()), longrepr=cut(excrepr))

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session):
        yield
        self.safely(self.finish, session)

    def finish(self, session):
        self.journal.tell(
            "session_finish", exit=int(getattr(session.exitstatus, "value", session.exitstatus)), counts=self.counts,
            collected=self.collected, duration_ms=int((Real.steady() - self.begun) * 1000))

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node):
        node.workerinput["orbit"] = dict(self.settings, session=self.journal.session)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node, error):
        self.safely(self.worker_down, node, error)

    def worker_down(self, node, error):
        for where, what in (getattr(node, "workeroutput", None) or {}).get("orbit_errors", ()):
            self.on_error(where, what)
        if error:
            self.journal.tell("worker_lost", worker=node.gateway.id, message=cut(error, 4096))


class Runner(Careful):
    """Stands beside the tests, in xdist's workers too: exact statuses, the selection, and Allure's files."""

    def __init__(self, config, settings, on_error):
        Careful.__init__(self, on_error)
        self.config, self.settings = config, settings
        self.directory = settings["results"] if settings["writer"] == "orbit" else None
        self.item, self.attempt, self.containers = None, None, {}
        self.wanted = None if settings["select"] is None else set(map(name_of, settings["select"]))
        self.labels = [("host", socket.gethostname()), ("thread", "%d-MainThread" % Real.getpid()),
                       ("framework", "pytest"),
                       ("language", platform.python_implementation().lower() + str(sys.version_info[0]))]

    def pytest_sessionstart(self, session):
        if not self.config.pluginmanager.hasplugin("dsession"):  # xdist's workers are still to be started with it
            self.safely(forget_plugin)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config, items):
        if self.wanted is not None:
            self.safely(self.select, config, items)

    def select(self, config, items):
        chosen = [item for item in items if name_of(item.nodeid) in self.wanted]
        others = [item for item in items if name_of(item.nodeid) not in self.wanted]
        if others:
            config.hook.pytest_deselected(items=others)
            items[:] = chosen

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item, call):
        outcome = yield
        self.safely(self.enrich, item, outcome, call)

    def enrich(self, item, outcome, call):
        report = outcome.get_result()
        facts = {"status": STATUSES[outcome_of(report)]}
        if call.excinfo is not None:
            value = call.excinfo.value
            if report.outcome == "failed":
                failed = isinstance(value, (AssertionError, pytest.fail.Exception))
                facts["status"] = "failed" if failed or type(value).__name__ in NOT_BROKEN else "broken"
            facts["message"] = cut(call.excinfo.exconly())
        elif report.outcome == "failed":
            facts["status"] = "failed"  # a strict xpass
        report.orbit = facts
        if report.when == "setup" and self.directory:
            self.close_before(report)
            self.attempt = self.attempt or Attempt(call.start)
            for fixture in fixtures_of(item) if self.containers else ():
                if id(fixture) in self.containers:
                    self.containers[id(fixture)]["children"].append(self.attempt.uuid)
        if self.settings["writer"] == "allure-pytest":  # it would die of a lone surrogate
            report.sections = [(name, clean(text)) for name, text in report.sections]

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item, nextitem):
        self.item, self.attempt = item, None
        outcome = yield
        if not outcome.excinfo:  # else interrupted: half a test must not look like a whole one
            self.safely(self.close)
        self.item = self.attempt = None

    def close(self):
        """For runners that leave out the teardown report."""
        if self.attempt is not None and self.attempt.outcome is not None:
            attempt, self.attempt = self.attempt, None
            self.write_result(self.item, attempt)

    def close_before(self, report):
        if self.attempt is not None and self.attempt.is_over(report):
            self.close()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid, location):
        if self.directory:
            self.safely(self.close)
            self.attempt = Attempt()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report):
        if self.directory and self.item is not None and self.item.nodeid == report.nodeid:
            self.safely(self.test_report, report)

    def test_report(self, report):
        self.close_before(report)
        self.attempt = self.attempt or Attempt()
        if self.attempt.add(report):
            attempt, self.attempt = self.attempt, None
            report.orbit = dict(getattr(report, "orbit", None) or {}, result=self.write_result(self.item, attempt))

    @pytest.hookimpl(hookwrapper=True)
    def pytest_fixture_setup(self, fixturedef, request):
        began = now_ms()
        outcome = yield
        if self.directory:
            self.safely(self.fixture, fixturedef, began, outcome)

    def fixture(self, fixturedef, began, outcome):
        if getattr(fixturedef.func, "__name__", "") == "get_direct_param_fixture_func":
            return  # a parameter, which pytest treats as a fixture
        step = {"name": clean(fixturedef.argname), "status": "passed", "start": began, "stop": now_ms()}
        if outcome.excinfo:
            step["status"], value = "broken", outcome.excinfo[1]
            step["statusDetails"] = {"message": cut("%s: %s" % (type(value).__name__, value), 4096)}
        self.containers[id(fixturedef)] = {"uuid": new_uuid(), "start": began, "befores": [step], "children": []}

    def pytest_fixture_post_finalizer(self, fixturedef):
        if self.directory and id(fixturedef) in self.containers:
            self.safely(self.write_container, self.containers.pop(id(fixturedef)))

    def write_container(self, container):
        container["stop"] = now_ms()
        self.store(container["uuid"] + "-container.json", Real.encode(container))

    def store(self, name, text):
        """Under a hidden name first, so that whoever collects the files never meets half of one."""
        hidden, data = os.path.join(self.directory, "." + name), text.encode("utf-8", "backslashreplace")
        file = Real.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        try:
            while data:
                data = data[Real.write(file, data):]
        finally:
            Real.close(file)
        Real.rename(hidden, os.path.join(self.directory, name))
        return name

    def write_result(self, item, attempt):
        result = describe(item)
        status, message, trace = attempt.details()
        result.update(uuid=attempt.uuid, status=status, stage="finished", start=attempt.started, stop=now_ms())
        if message:
            result["statusDetails"] = {"message": message, "trace": trace}
        result["labels"] += [{"name": label, "value": value} for label, value in self.labels]
        result["attachments"] = [
            {"name": stream, "type": "text/plain", "source": self.store(new_uuid() + "-attachment.txt", text)}
            for stream, text in attempt.captured(ATTACHMENT_CAP)]
        return self.store(attempt.uuid + "-result.json", Real.encode(result))


def fixtures_of(item):
    known = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", None) or {}
    return [fixture for several in known.values() for fixture in several]


def represent(value):
    if isinstance(value, (bytes, bytearray)):
        return repr(type(value))
    try:
        return cut("'%s'" % value if isinstance(value, str) else repr(value), 4096)
    except Exception:  # somebody's __repr__
        return "<%s without a text form>" % type(value).__name__


def identity(nodeid):
    """The hidden parameter that tells tests apart whose visible ones have one text, or another text each run."""
    return {"name": "id", "value": name_of(nodeid), "mode": "hidden"}


def describe(item):
    """What Allure shows of a test whatever its outcome, in the words of Allure's own pytest adapter."""
    spec, base = getattr(item, "callspec", None), name_of(item.nodeid)
    suffix = "[%s]" % clean(spec.id) if spec is not None else ""
    parts = (base[:-len(suffix)] if suffix and base.endswith(suffix) else base).split("::")
    folders, classes, params = parts[0].split("/"), parts[1:-1], getattr(spec, "params", {})
    module = folders[-1].rsplit(".", 1)[0]
    package = ".".join(folders[:-1] + [module])
    test = clean(getattr(item, "originalname", None) or parts[-1].split("[")[0])
    name, title = clean(item.name), getattr(getattr(item, "obj", None), "__allure_display_name__", None)
    if title:
        values = dict(params, **getattr(item, "funcargs", None) or {})
        name = clean(string.Formatter().vformat(title, (), Forgiving(values)))
    full_name = "%s%s#%s" % (package, "".join("." + part for part in classes), test)
    labels, links = marked(item)
    for label, value in (("parentSuite", ".".join(folders[:-1])), ("suite", module), ("subSuite", " > ".join(classes))):
        if value and label not in [known for known, _ in labels]:
            labels.append((label, value))
    result = dict(
        name=name, fullName=full_name, testCaseId=md5(full_name), historyId=md5(base),
        titlePath=[part for part in folders + classes if part], links=links,
        labels=[{"name": label, "value": value} for label, value in labels + [("package", package)]],
        parameters=[{"name": clean(key), "value": represent(value), "excluded": True} for key, value in params.items()])
    result["parameters"].append(identity(item.nodeid))
    told = item.get_closest_marker("allure_description")
    text = told.args[0] if told and told.args else getattr(getattr(item, "function", None), "__doc__", None)
    if text:
        result["description"] = cut(text)
    return result


class Forgiving(dict):
    """For titles with a `{placeholder}` that no parameter fills."""

    def __missing__(self, key):
        return "{%s}" % key


def marked(item):
    """Labels and links that the test's markers give. The nearest of a kind wins where only one can be."""
    labels, links = [], []
    for mark in item.iter_markers():
        if mark.name == "allure_label":
            kind = clean(getattr(mark.kwargs["label_type"], "value", mark.kwargs["label_type"]))
            if kind not in ("severity", "suite", "parentSuite", "subSuite") or kind not in dict(labels):
                labels += [(kind, clean(getattr(value, "value", value))) for value in mark.args]
        elif mark.name == "allure_link":
            kind = mark.kwargs.get("link_type")
            links.append({"type": clean(getattr(kind, "value", kind)), "url": clean(mark.args[0]),
                          "name": clean(mark.kwargs.get("name") or mark.args[0])})
        elif mark.name not in NO_TAG and not mark.args and not mark.kwargs:
            labels.append(("tag", clean(mark.name)))
    return labels, links


class IdentityFix(Careful):
    """Gives the results that allure-pytest writes the identity that ours have, and text that can be written."""

    def __init__(self, runner):
        Careful.__init__(self, runner.on_error)
        self.runner = runner

    def report_result(self, result):
        self.safely(self.fix, result)

    def fix(self, result):
        from allure_commons.model2 import Parameter
        for parameter in result.parameters:
            parameter.excluded = True
        if self.runner.item is not None:
            result.parameters.append(Parameter(**identity(self.runner.item.nodeid)))
            result.historyId = md5(name_of(self.runner.item.nodeid))
        self.scrub(result)

    def scrub(self, part):
        for name, value in list(vars(part).items()):
            if type(value) is str:
                setattr(part, name, cut(value))
            elif isinstance(value, list):
                setattr(part, name, [cut(each) if type(each) is str else each for each in value])
                for each in value:
                    if hasattr(each, "__dict__"):
                        self.scrub(each)
            elif hasattr(value, "__dict__") and name == "statusDetails":
                self.scrub(value)


class Decorators(object):
    """Makes `allure.title`, `allure.severity` and the like mean something where only allure's commons are installed."""

    def decorate_as_title(self, test_title):
        return lambda function: setattr(function, "__allure_display_name__", test_title) or function

    def decorate_as_description(self, test_description):
        return pytest.mark.allure_description(test_description)

    def decorate_as_label(self, label_type, labels):
        return pytest.mark.allure_label(*labels, label_type=label_type)

    def decorate_as_link(self, url, link_type, name):
        return pytest.mark.allure_link(url, name=name, link_type=link_type)


def join_allure(config, listener):
    try:
        import allure_commons
    except ImportError:
        return
    for name in [name for name in dir(type(listener)) if name.startswith(("decorate_as", "report_"))]:
        allure_commons.hookimpl(tryfirst=True)(getattr(type(listener), name))
    allure_commons.plugin_manager.register(listener)
    config.add_cleanup(lambda: allure_commons.plugin_manager.unregister(listener))
    for mark in ("allure_label", "allure_link", "allure_description"):
        config.addinivalue_line("markers", mark + ": set by allure's decorators")


def wanted_ids(path, on_error):
    if not path:
        return None
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        return json.loads(text) if text.lstrip().startswith("[") else [line for line in text.splitlines() if line]
    except (OSError, ValueError) as error:
        on_error("select", "no selection, all tests run: %s" % error)
        return None


def choose_writer(config, directory, on_error):
    """Who writes Allure results, and where to."""
    if hasattr(config.option, "allure_report_dir"):
        config.option.allure_report_dir = config.option.allure_report_dir or directory
        given = config.option.allure_report_dir
        return ("allure-pytest", os.path.abspath(given)) if given else ("off", None)
    try:
        if directory:
            os.makedirs(directory, exist_ok=True)
            return "orbit", os.path.abspath(directory)
    except OSError as error:
        on_error("allure", "no Allure results: %s" % error)
    return "off", None


def begin(config):
    worker, environ = getattr(config, "workerinput", None), os.environ
    if worker is not None:
        settings, errors = worker.get("orbit"), config.workeroutput.setdefault("orbit_errors", [])
        if settings and settings["writer"] == "allure-pytest":
            config.option.allure_report_dir = settings["results"]  # a worker reads the command line anew
        return settings and start_runner(config, settings, lambda *error: len(errors) < 100 and errors.append(error))
    events, results, select = [environ.get(name) for name in (
        "ORBIT_PYTEST_EVENTS", "ORBIT_ALLURE_DIR", "ORBIT_PYTEST_SELECT")]
    if not (events or results or select) or _in_use or (environ.get(OWNER) or str(os.getpid())) != str(os.getpid()):
        return None
    environ[OWNER] = str(os.getpid())
    _in_use.append(config)
    config.add_cleanup(_in_use.clear)
    journal, early = Journal(events) if events else None, []
    writer, directory = choose_writer(config, results, lambda *error: early.append(error))
    settings = dict(writer=writer, results=directory, select=wanted_ids(select, lambda *error: early.append(error)))
    teller = Teller(journal, config, settings) if journal else None
    if teller:
        teller.early = early
        config.pluginmanager.register(teller, "orbit-teller")
    return start_runner(config, settings, teller.on_error if teller else lambda *error: None)


def forget_plugin():
    """A pytest that a test starts, perhaps without our PYTHONPATH, is none of our business."""
    others = [name for name in os.environ.pop("PYTEST_PLUGINS", "").split(",") if name.strip() not in ("", __name__)]
    if others:
        os.environ["PYTEST_PLUGINS"] = ",".join(others)


def start_runner(config, settings, on_error):
    runner = Runner(config, settings, on_error)
    config.pluginmanager.register(runner, "orbit-runner")
    if settings["writer"] != "off":
        join_allure(config, IdentityFix(runner) if settings["writer"] == "allure-pytest" else Decorators())


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    Careful(lambda where, what: sys.stderr.write("orbit_pytest: %s: %s\n" % (where, what))).safely(begin, config)
