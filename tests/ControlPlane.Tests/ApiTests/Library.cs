using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Orbit.Contracts.V1;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.ApiTests;

/// <summary>API tests of a server: what a person does with cases, scenarios, datasets and batches, and an agent that runs rows as the test says.</summary>
internal static class Library
{
    /// <summary>A request with a check.</summary>
    public const string Ping = """{"request":{"url":"http://127.0.0.1:9/ping"},"assert":[{"status":200}]}""";

    public static ApiLibraryService.ApiLibraryServiceClient Of(CallInvoker caller) => new(caller);

    public static ApiBatchService.ApiBatchServiceClient Batches(CallInvoker caller) => new(caller);

    public static Struct Json(string json) => Struct.Parser.ParseJson(json);

    public static async Task<ApiItem> CaseAsync(CallInvoker caller, string name, string spec = Ping, string folder = "", ApiVisibility visibility = ApiVisibility.Unspecified, params string[] tags)
    {
        var request = new CreateCaseRequest { Name = name, Spec = Json(spec), Folder = folder, Visibility = visibility };
        request.Tags.Add(tags);
        return await Of(caller).CreateCaseAsync(request);
    }

    public static async Task<ApiItem> ScenarioAsync(CallInvoker caller, string name, string spec) =>
        await Of(caller).CreateScenarioAsync(new() { Name = name, Spec = Json(spec) });

    public static async Task<RpcException> RefusedAsync(Func<Task> work) => await Assert.ThrowsAsync<RpcException>(work);

    /// <summary>A result as an agent tells it.</summary>
    public static ApiRowResult Result(ApiPieceRow row, RowOutcome outcome, double ms = 10) => new()
    {
        Row = row.Row,
        Attempt = row.Attempt,
        Outcome = outcome,
        FailureClass = outcome is RowOutcome.Failed ? "assertion" : "",
        Reason = outcome is RowOutcome.Failed ? "expected 200, actual 500" : "",
        Fingerprint = outcome is RowOutcome.Failed ? "f-500" : "",
        DurationMs = ms,
        RequestCount = 1,
        Record = Google.Protobuf.ByteString.CopyFrom(Packed($$$"""{"row":{{{row.Row}}},"name":"{{{row.Name}}}","outcome":"{{{outcome.ToString().ToLowerInvariant()}}}","steps":[{"step":"ping","case":"ping","outcome":"{{{outcome.ToString().ToLowerInvariant()}}}","request":{"method":"GET","url":"http://127.0.0.1:9/ping"},"response":{"status":200,"body":"pong"}}]}""")),
    };

    /// <summary>Waits until a batch has ended.</summary>
    public static Task<Batch> EndedAsync(Lab lab, long batch) =>
        Eventually.ReadAsync(() => GetAsync(lab, batch), b => b.Status is BatchStatus.Completed or BatchStatus.Stopped, TimeSpan.FromSeconds(60));

    /// <summary>Tells a result for every row of a piece, and its end.</summary>
    public static async Task EndPieceAsync(FakeWork work, Func<ApiPieceRow, RowOutcome> judge)
    {
        var rows = new ApiRowsEnded();
        rows.Rows.Add(work.Offer.Plan.ApiPiece.Rows.Select(r => Result(r, judge(r))));
        await work.TellAsync(new AgentEvent { ApiPieceStarted = new() }, new AgentEvent { ApiRowsEnded = rows });
        await work.EndAsync();
    }

    public static async Task<Batch> GetAsync(Lab lab, long batch) => await Batches(lab.User).GetBatchAsync(new() { Id = batch });

    private static byte[] Packed(string json)
    {
        using var packed = new MemoryStream();
        using (var gzip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Fastest))
        {
            gzip.Write(System.Text.Encoding.UTF8.GetBytes(json));
        }

        return packed.ToArray();
    }
}

/// <summary>An agent that takes every piece and says of each row what the test wants.</summary>
internal sealed class RowAgent : IAsyncDisposable
{
    private readonly FakeAgentSession _session;
    private readonly Task _working;
    private volatile bool _done;

    private RowAgent(FakeAgentSession session)
    {
        _session = session;
        _working = WorkAsync();
    }

    /// <summary>What comes of a row.</summary>
    public Func<ApiPieceRow, RowOutcome> Judge { get; set; } = _ => RowOutcome.Passed;

    public static async Task<RowAgent> StartAsync(Lab lab, string name = "lab-1") => new(await lab.AgentAsync(name));

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _done = true;
        await _session.DropAsync();
        await _working;
    }

    private async Task WorkAsync()
    {
        try
        {
            while (true)
            {
                FakeWork offered = await _session.OfferAsync();
                await Library.EndPieceAsync(await offered.AcceptAsync(), Judge);
            }
        }
        catch (Exception) when (_done)
        {
            // the test is over
        }
        catch (TimeoutException)
        {
            // no work came for long
        }
    }
}
