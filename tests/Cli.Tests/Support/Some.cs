using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Tests.Support;

/// <summary>Messages as a server sends them.</summary>
internal static class Some
{
    public static readonly Timestamp Noon = Timestamp.FromDateTimeOffset(new(2026, 3, 4, 12, 0, 0, TimeSpan.Zero));

    public static Run Run(RunStatus status = RunStatus.Pending, Verdict verdict = Verdict.Unspecified) => new()
    {
        Id = 12,
        TestItemId = 3,
        TestItemName = "shop",
        JobName = "lab/shop",
        BuildId = 7,
        BuildNumber = "45",
        Agent = "host-a",
        Status = status,
        Verdict = verdict,
        RequestedBy = "dev@example.org",
        CreatedAt = Noon,
        Summary = new(),
    };

    public static RunEvent Snapshot(long seq, Run run) => new() { Seq = seq, Type = RunEventType.Snapshot, Time = Noon, Run = run };

    public static RunEvent Step(long seq, string name, StepStatus status, long ms = 0) => new()
    {
        Seq = seq,
        Time = Noon,
        Type = status is StepStatus.Running ? RunEventType.StepStarted : RunEventType.StepFinished,
        Step = new() { Name = name, Status = status, DurationMs = ms, StartedAt = Noon },
    };

    public static RunEvent Test(long seq, string id, TestOutcome outcome, TestSummary summary, string message = "") => new()
    {
        Seq = seq,
        Time = Noon,
        Type = RunEventType.TestFinished,
        Test = new() { Id = id, Outcome = outcome, DurationMs = 12, Message = message },
        Summary = summary,
    };

    public static RunEvent Finished(long seq, RunStatus status, Verdict verdict, string text = "") => new()
    {
        Seq = seq,
        Time = Noon,
        Type = RunEventType.Finished,
        Status = status,
        Verdict = verdict,
        Text = text,
        Summary = new() { Total = 2, Passed = 1, Failed = 1, DurationMs = 2500 },
        ReportUrl = "http://orbit.example/reports/12/",
    };

    /// <summary>A refusal as the server sends it, with its reason code in the details.</summary>
    public static RpcException Refusal(StatusCode code, string message, string reason)
    {
        var status = new Google.Rpc.Status { Code = (int)code, Message = message };
        status.Details.Add(Any.Pack(new Google.Rpc.ErrorInfo { Type = reason, Domain = "orbit" }));
        return new(new(code, message), new Metadata { { "grpc-status-details-bin", status.ToByteArray() } });
    }

    /// <summary>A script that sends these and then ends the stream.</summary>
    public static ScriptedServer.Script<TRequest, TResponse> Sends<TRequest, TResponse>(params TResponse[] messages) => async (_, responses, _) =>
    {
        foreach (TResponse message in messages)
        {
            await responses.WriteAsync(message);
        }
    };

    public static ScriptedServer.Script<WatchRunRequest, RunEvent> Events(params RunEvent[] events) => Sends<WatchRunRequest, RunEvent>(events);

    /// <summary>A script that sends these, all of which arrive, and then ends the stream as a stopping server does.</summary>
    public static ScriptedServer.Script<TRequest, TResponse> ThenCut<TRequest, TResponse>(this ScriptedServer.Script<TRequest, TResponse> script) =>
        async (request, responses, context) =>
        {
            await script(request, responses, context);
            throw new RpcException(new(StatusCode.Unavailable, "the server stops"));
        };

    /// <summary>A script that sends these and then breaks the connection; what was under way may be lost.</summary>
    public static ScriptedServer.Script<TRequest, TResponse> ThenAbort<TRequest, TResponse>(this ScriptedServer.Script<TRequest, TResponse> script) =>
        async (request, responses, context) =>
        {
            await script(request, responses, context);
            context.GetHttpContext().Abort();
        };
}
