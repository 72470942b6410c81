using System.Text.Json;
using System.Text.Json.Serialization;
using Orbit.ControlPlane.Notifications.Mails;
using Orbit.ControlPlane.Runs;

namespace Orbit.ControlPlane.Notifications.Callbacks;

/// <summary>The body that webhooks and callback addresses get about the end of a run, or about what its gate decided.</summary>
internal static class RunEndedJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DictionaryKeyPolicy = null,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseUpper) },
    };

    /// <summary>Writes it.</summary>
    public static byte[] Write(RunFacts facts, MailPlace place)
    {
        Run run = facts.Run;
        var mail = new RunMail(facts, "en", place);
        return JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                facts.Event,
                run.Id,
                TestItem = run.TestItemName,
                run.TestItemId,
                run.JobName,
                run.BuildNumber,
                BuildId = run.BuildId ?? 0,
                PackagePath = facts.Build?.PackagePath ?? "",
                run.Status,
                run.Verdict,
                run.Attempt,
                Agent = run.AgentName,
                run.RequestedBy,
                run.StartedAt,
                run.FinishedAt,
                run.Error,
                Summary = new { run.Tests.Total, run.Tests.Passed, run.Tests.Failed, run.Tests.Broken, run.Tests.Skipped, run.Tests.Unknown, run.Tests.Interrupted, run.Tests.NotRun, run.Tests.Flaky },
                facts.NewlyFailing,
                Gate = GateOf(facts.Gate),
                FailingTests = facts.Failed.Select(t => new { t.Id, t.Outcome, t.Message, t.IsNew }),
                Url = mail.RunUrl,
                mail.ReportUrl,
            },
            Options);
    }

    /// <summary>The name of the event that a body tells of.</summary>
    public static string EventOf(byte[] body)
    {
        using JsonDocument document = JsonDocument.Parse(body);
        return document.RootElement.GetProperty("event").GetString()!;
    }

    /// <summary>In the words of <c>orbit.v1.RunGate</c>.</summary>
    private static object? GateOf(RunGate? gate) => gate is null ? null : new
    {
        State = gate.State is GateState.Broken ? "ERROR" : gate.State.ToString().ToUpperInvariant(),
        gate.Reason,
        BatchId = gate.BatchId ?? 0,
        gate.Attempt,
        gate.DecidedAt,
    };
}
