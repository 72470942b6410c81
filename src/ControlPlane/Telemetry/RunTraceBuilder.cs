using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Threading.Channels;
using Orbit.ControlPlane.Access.Keys;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Runs;
using Orbit.ControlPlane.Storage;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Telemetry;

/// <summary>
/// Tells a run that has ended as a trace: the attempt, its time in the queue, its steps and its tests, with the times they had. The trace
/// id is made from the run's number, so nothing has to be kept while the run goes on, and whoever knows the run finds the trace.
/// </summary>
/// <remarks>Told by the replica that committed the end. It is a picture beside the run: when it is lost, the run is still whole.</remarks>
internal sealed class RunTraceBuilder(OrbitStore store, Signals signals, ServerIdentity identity, ILogger<RunTraceBuilder> log) : BackgroundService
{
    /// <summary>Name of the source.</summary>
    public const string Name = "Orbit.Runs";

    private const int Waiting = 1000;
    private const int MostTests = 10_000;
    private const int PageSize = 2000;
    private static readonly ActivitySource Source = new(Name);
    private readonly Channel<long> _ended = Channel.CreateBounded<long>(new BoundedChannelOptions(Waiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    /// <summary>Id of the trace of one attempt: the first half of the SHA-256 of installation, run and attempt.</summary>
    public static ActivityTraceId TraceOf(Guid server, long run, int attempt)
    {
        Span<byte> key = stackalloc byte[28];
        server.TryWriteBytes(key, bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(key[16..], run);
        BinaryPrimitives.WriteInt32BigEndian(key[24..], attempt);
        return ActivityTraceId.CreateFromBytes(SHA256.HashData(key).AsSpan(0, 16));
    }

    /// <inheritdoc />
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        signals.Raised += Note;
        return base.StartAsync(cancellationToken);
    }

    /// <inheritdoc />
    public override Task StopAsync(CancellationToken cancellationToken)
    {
        signals.Raised -= Note;
        return base.StopAsync(cancellationToken);
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (long run in _ended.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                await TellAsync(run, stoppingToken);
            }
            catch (OrbitException missed)
            {
                log.TraceMissed(run, missed);
            }
        }
    }

    private void Note(string topic)
    {
        if (Source.HasListeners() && RunTopics.EndedRun(topic) is { } run)
        {
            _ended.Writer.TryWrite(run);
        }
    }

    private async Task TellAsync(long runId, CancellationToken ct)
    {
        RunView view = await store.ReadAsync((database, cancel) => database.RunViewAsync(runId, cancel), ct);
        RunAttempt attempt = view.Attempts[^1];
        DateTimeOffset begin = attempt.Number == 1 ? view.Run.CreatedAt : attempt.StartedAt ?? attempt.FinishedAt ?? view.Run.CreatedAt;
        DateTimeOffset end = view.Run.FinishedAt ?? begin;
        var root = new ActivityContext(TraceOf(identity.ServerId, runId, attempt.Number), default, ActivityTraceFlags.Recorded);
        using Activity? whole = Begin($"run {view.Run.TestItemName}", root, begin);
        if (whole is null)
        {
            return; // nobody listens any more
        }

        Describe(whole, view.Run, attempt);
        Span("queue", whole.Context, begin, attempt.StartedAt ?? end)?.Dispose();
        List<(Wire.TestResult Test, DateTimeOffset End)> tests = await TestsAsync(view.Run, attempt.Number, ct);
        foreach (RunStep step in view.Steps.Where(s => s.StartedAt is not null))
        {
            using Activity? told = Span($"step {step.Name}", whole.Context, step.StartedAt!.Value, step.FinishedAt ?? end);
            told?.SetTag("orbit.step.status", step.Status.ToString()).SetTag("orbit.step.exit_code", step.ExitCode);
            Blame(told, step.Status is StepStatus.Failed or StepStatus.Unknown, step.Error);
            if (step.Name is "test" && told is not null)
            {
                tests.ForEach(t => Tell(t.Test, t.End, told.Context));
            }
        }

        whole.SetEndTime(end.UtcDateTime);
    }

    private static void Describe(Activity whole, Run run, RunAttempt attempt)
    {
        whole.SetTag("orbit.run.id", run.Id).SetTag("orbit.run.attempt", attempt.Number).SetTag("orbit.run.kind", attempt.Kind)
            .SetTag("orbit.run.verdict", run.Verdict?.ToString()).SetTag("orbit.job", run.JobName).SetTag("orbit.build", run.BuildNumber)
            .SetTag("orbit.agent", attempt.AgentName).SetTag("orbit.requested_by", run.RequestedBy);
        Blame(whole, run.Verdict is not Verdict.Passed, run.Error.Length > 0 ? run.Error : $"{run.Verdict}");
    }

    private static void Tell(Wire.TestResult test, DateTimeOffset end, ActivityContext step)
    {
        using Activity? told = Span($"test {test.Id}", step, end - TimeSpan.FromMilliseconds(test.DurationMs), end);
        told?.SetTag("orbit.test.outcome", test.Outcome.ToString());
        Blame(told, test.Outcome is Wire.TestOutcome.Failed or Wire.TestOutcome.Broken or Wire.TestOutcome.Interrupted, test.Message);
    }

    private static void Blame(Activity? told, bool failed, string why)
    {
        if (failed)
        {
            told?.SetStatus(ActivityStatusCode.Error, why);
        }
    }

    private static Activity? Begin(string name, ActivityContext parent, DateTimeOffset at) =>
        Source.StartActivity(name, ActivityKind.Internal, parent, startTime: at);

    private static Activity? Span(string name, ActivityContext parent, DateTimeOffset begin, DateTimeOffset end) =>
        Begin(name, parent, begin)?.SetEndTime((end < begin ? begin : end).UtcDateTime);

    /// <summary>Ends of tests as they were told, with the time of the telling.</summary>
    private async Task<List<(Wire.TestResult Test, DateTimeOffset End)>> TestsAsync(Run run, int attempt, CancellationToken ct)
    {
        List<(Wire.TestResult, DateTimeOffset)> tests = [];
        long after = 0;
        while (tests.Count < MostTests)
        {
            List<RunEventRow> page = await store.ReadAsync((database, cancel) => database.EventsAfterAsync(run.Day, run.Id, after, PageSize, cancel), ct);
            tests.AddRange(page.Select(row => Wire.RunEvent.Parser.ParseFrom(row.Payload))
                .Where(e => e.Type is Wire.RunEventType.TestFinished && e.Attempt == attempt)
                .Select(e => (e.Test, e.Time.ToDateTimeOffset())));
            if (page.Count < PageSize)
            {
                break;
            }

            after = page[^1].Seq;
        }

        return tests;
    }
}
