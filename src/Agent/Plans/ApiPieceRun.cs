using System.Diagnostics;
using System.Net;
using Google.Protobuf;
using Orbit.Agent.Link;
using Orbit.Agent.Policy;
using Orbit.ApiTesting.Documents;
using Orbit.ApiTesting.Http;
using Orbit.ApiTesting.Records;
using Orbit.ApiTesting.Running;
using Orbit.ApiTesting.Values;
using Orbit.Contracts.V1;
using ApiEnvironment = Orbit.ApiTesting.Documents.ApiEnvironment;

namespace Orbit.Agent.Plans;

/// <summary>
/// Runs rows of a batch, one after another. A result is in the journal before the control plane hears of it. Rows that have no result
/// when the piece ends are given out anew, so after a restart of the agent nothing is done twice that was told once.
/// </summary>
internal sealed class ApiPieceRun(Assignment assignment, ApiPieceWork work, HostPolicy policy, WorkFolder folder, ApiFileStore files, TimeProvider time, CancellationToken leaving)
{
    private const int MostRowsAnEvent = 25;
    private const int MostBytesAnEvent = 256 * 1024;
    private const int LargestRecord = 384 * 1024;
    private static readonly TimeSpan LongestHold = TimeSpan.FromMilliseconds(250);
    private readonly ApiRowsEnded _ended = new();
    private int _bytes;
    private long _firstHeld;

    public async Task RunAsync()
    {
        bool begun = assignment.Before is { } before && before.Events.Count > 0;
        if (begun)
        {
            await PieceCommands.EndThoseLeftAsync(assignment.Id, folder);
            await EndAsync("the agent was started anew");
            return;
        }

        _ = await assignment.RecordAsync(new AgentEvent { ApiPieceStarted = new() });
        string problem = "";
        try
        {
            await RowsAsync();
        }
        catch (DocumentException wrong)
        {
            problem = wrong.Message; // this agent reads documents otherwise than the server that checked it
        }
        catch (ApiFileException missing)
        {
            problem = missing.Message; // rows without a result are given out anew
        }
        catch (OperationCanceledException) when (assignment.CancelToken.IsCancellationRequested || leaving.IsCancellationRequested)
        {
            // before the first row
        }
        finally
        {
            folder.Delete();
        }

        if (leaving.IsCancellationRequested)
        {
            throw new AgentLeavesException();
        }

        await EndAsync(problem);
    }

    private async Task RowsAsync()
    {
        ApiDocument document = ApiDocumentReader.Read(work.Document);
        var options = new TransportOptions { Forbidden = [.. work.ForbiddenRanges.Select(IPNetwork.Parse)], RatePerHost = work.RatePerHost };
        using var transport = new HttpTransport(options, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(assignment.CancelToken, leaving);
        IReadOnlyDictionary<string, string> paths = await files.FetchAsync(assignment.Id, work.Files, stop.Token);
        var executor = new RowExecutor(transport, time);
        var records = new RowRecords(work.RecordBodyBytes);
        ApiEnvironment? environment = EnvironmentOf(document);
        var commands = new PieceCommands(assignment.Id, policy, folder);
        var plans = new Dictionary<string, RunPlan>(StringComparer.Ordinal);
        long started = Stopwatch.GetTimestamp();
        TimeSpan slice = work.TimeSlice?.ToTimeSpan() ?? TimeSpan.FromMinutes(1);
        foreach (ApiPieceRow row in work.Rows)
        {
            if (stop.IsCancellationRequested || assignment.Fenced || Stopwatch.GetElapsedTime(started) > slice)
            {
                break;
            }

            if (!plans.TryGetValue(row.Target, out RunPlan? plan))
            {
                plans[row.Target] = plan = new() { Document = document, Scenario = RunPlan.Choose(document, row.Target), Environment = environment, Seed = work.Seed, Commands = commands, ScriptProgram = policy.PostmanScript, Files = name => Content(paths, name) };
            }

            RowResult result = await executor.RunAsync(plan, RowReader.Read(row.Row, row.Name, row.Values, row.Expect), stop.Token);
            if (result.Steps.Any(s => s.FailureClass == "stopped") || (stop.IsCancellationRequested && result.Outcome is not Outcome.Passed))
            {
                break; // it was not run to its end: no result
            }

            await AddAsync(ToWire(row, result, records.Of(result, LargestRecord)));
        }

        await FlushAsync();
    }

    private static byte[] Content(IReadOnlyDictionary<string, string> paths, string name) =>
        paths.TryGetValue(name, out string? path) ? File.ReadAllBytes(path) : throw new IOException("the batch has no file of that name");

    private ApiEnvironment? EnvironmentOf(ApiDocument document)
    {
        if (work.Environment.Length == 0 && work.Secrets.Count == 0)
        {
            return null;
        }

        IReadOnlyDictionary<string, Value> variables = document.Environments.TryGetValue(work.Environment, out ApiEnvironment? known) ? known.Variables : new Dictionary<string, Value>();
        return new(work.Environment, variables, work.Secrets);
    }

    private async Task AddAsync(ApiRowResult result)
    {
        if (_ended.Rows.Count == 0)
        {
            _firstHeld = Stopwatch.GetTimestamp();
        }

        _ended.Rows.Add(result);
        _bytes += result.CalculateSize();
        if (_ended.Rows.Count >= MostRowsAnEvent || _bytes >= MostBytesAnEvent || Stopwatch.GetElapsedTime(_firstHeld) > LongestHold)
        {
            await FlushAsync();
        }
    }

    private async Task FlushAsync()
    {
        if (_ended.Rows.Count > 0)
        {
            _ = await assignment.RecordAsync(new AgentEvent { ApiRowsEnded = _ended.Clone() });
            _ended.Rows.Clear();
            _bytes = 0;
        }
    }

    private async Task EndAsync(string error)
    {
        bool cancelled = assignment.Cancel is not null;
        _ = await assignment.RecordAsync(new AgentEvent
        {
            PlanEnded = new()
            {
                Status = cancelled ? RunStatus.Cancelled : RunStatus.Completed,
                Verdict = cancelled ? Verdict.Cancelled : Verdict.Passed,
                FailureClass = cancelled ? FailureClass.Cancelled : FailureClass.Unspecified,
                Error = error,
                Summary = new(),
            },
        });
    }

    private static ApiRowResult ToWire(ApiPieceRow row, RowResult result, byte[] record)
    {
        StepRecord? first = result.Steps.FirstOrDefault(s => s.Outcome is Outcome.Failed && !s.Superseded);
        string reason = result.Masked.Hide(result.Reason);
        return new()
        {
            Row = row.Row,
            Attempt = row.Attempt,
            Outcome = result.Outcome switch
            {
                Outcome.Passed => RowOutcome.Passed,
                Outcome.Failed => RowOutcome.Failed,
                Outcome.Skipped => RowOutcome.Skipped,
                _ => RowOutcome.Unchecked,
            },
            FailureClass = result.FailureClass,
            Reason = reason.Length > 1000 ? reason[..1000] : reason,
            Fingerprint = first is null ? "" : Fingerprint.Of($"{row.Target}/{first.Step}", result.FailureClass, result.Masked.Hide(first.Reason)),
            DurationMs = result.Milliseconds,
            RequestCount = result.Steps.Count(s => s.Exchange is not null),
            Record = ByteString.CopyFrom(record),
        };
    }
}
