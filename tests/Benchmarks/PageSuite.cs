using System.Globalization;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Orbit.Benchmarks.Rig;
using Orbit.Contracts.V1;

namespace Orbit.Benchmarks;

/// <summary>A pytest suite for the page to show: many tests that end at once, then some that end one by one, and a log beside them.</summary>
internal sealed class PageSuite(OrbitSystem orbit, string name)
{
    private const string Tests =
        """
        import os, time, pytest

        FAST, SLOW, SECONDS = @fast, @slow, @seconds

        @pytest.mark.parametrize("n", range(FAST))
        def test_pay(n):
            pass

        def test_all_fast_ones_are_over():
            open("fast-is-over", "w").close()
            while not os.path.exists("go"):
                time.sleep(0.02)

        @pytest.mark.parametrize("n", range(SLOW))
        def test_slow(n):
            if not os.path.exists("enough"):
                time.sleep(SECONDS)
            print("pixel %d %d" % (n, time.time() * 1000), flush=True)
            with open("ended", "a") as ended:
                ended.write("%d\n" % (time.time() * 1000))
        """;

    private const string Command =
        """
        #!/bin/sh
        /usr/bin/python3 lines.py &
        /usr/bin/python3 -m pytest -p no:cacheprovider -q -s
        code=$?
        touch enough
        wait
        exit $code
        """;

    private const string Lines =
        """
        import os, sys, time

        A_SECOND = @lines
        STEP = 0.02
        text = "INFO  [worker-%02d] request %016x served in %4d us " + "." * 40
        n, due = 0, None
        while not os.path.exists("enough") and A_SECOND:
            if not os.path.exists("go"):
                time.sleep(STEP)
                continue
            due = (due or time.monotonic()) + STEP
            sys.stdout.write("".join(text % (i % 16, i * 2654435761, i % 5000) + "\n" for i in range(n, n + int(A_SECOND * STEP))))
            sys.stdout.flush()
            n += int(A_SECOND * STEP)
            time.sleep(max(0, due - time.monotonic()))
        """;

    private readonly string _directory = Directory.CreateDirectory(Path.Combine(orbit.WorkDirectory, name)).FullName;
    private readonly RunService.RunServiceClient _runs = new(orbit.Calls);
    private long _run;

    /// <summary>A line for each slow test that has ended: milliseconds since 1970.</summary>
    public string EndedFile => Path.Combine(_directory, "ended");

    /// <summary>Triggers, and waits until the fast tests are over; the slow ones begin.</summary>
    public async Task<long> StartAsync(int fast, int slow, double slowSeconds, int linesASecond)
    {
        await WriteAsync("test_page.py", Tests.Replace("@fast", Number(fast), StringComparison.Ordinal)
            .Replace("@slow", Number(slow), StringComparison.Ordinal).Replace("@seconds", Number(slowSeconds), StringComparison.Ordinal));
        await WriteAsync("lines.py", Lines.Replace("@lines", Number(linesASecond), StringComparison.Ordinal));
        await WriteAsync("run.sh", Command + "\n");
        File.SetUnixFileMode(Path.Combine(_directory, "run.sh"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Struct test = Struct.Parser.ParseJson(JsonSerializer.Serialize(new { test = new { dir = _directory, command = (string[])["./run.sh"] } }));
        ParameterSet set = await new ParameterSetService.ParameterSetServiceClient(orbit.Calls)
            .CreateParameterSetAsync(new CreateParameterSetRequest { Name = name, Parameters = test });
        TestItem item = await new TestItemService.TestItemServiceClient(orbit.Calls)
            .CreateTestItemAsync(new CreateTestItemRequest { Name = name, JobName = name, ParameterSetId = set.Id });
        Run run = await _runs.TriggerDeployTestAsync(new TriggerDeployTestRequest { TestItemId = item.Id });
        _run = run.Id;
        await UntilAsync("the fast tests are over", async () =>
            File.Exists(Path.Combine(_directory, "fast-is-over")) && (await GetAsync()).Summary.Passed >= fast);
        await WriteAsync("go", "");
        return run.Id;
    }

    /// <summary>Lets what is left end at once, and waits for it.</summary>
    public async Task EndAsync()
    {
        await WriteAsync("enough", "");
        await UntilAsync("the run has passed", async () => (await GetAsync()).Verdict is Verdict.Passed);
    }

    private async Task<Run> GetAsync()
    {
        Run run = await _runs.GetRunAsync(new GetRunRequest { Id = _run });
        return run.Verdict is Verdict.Unspecified or Verdict.Passed
            ? run
            : throw new InvalidOperationException($"The run ended {run.Verdict}: {run.Error}");
    }

    private static async Task UntilAsync(string what, Func<Task<bool>> holds)
    {
        for (int n = 0; n < 1200; n++)
        {
            if (await holds())
            {
                return;
            }

            await Task.Delay(250);
        }

        throw new TimeoutException($"It did not come to pass that {what}.");
    }

    private Task WriteAsync(string file, string text) => File.WriteAllTextAsync(Path.Combine(_directory, file), text);

    private static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);
}
