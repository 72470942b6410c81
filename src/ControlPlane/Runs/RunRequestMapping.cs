using Google.Protobuf;
using Orbit.ControlPlane.Logs;
using Orbit.ControlPlane.Platform;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Runs;

/// <summary>Requests about runs, from the wire.</summary>
internal static class RunRequestMapping
{
    private const int LongestReason = 500;
    private const int LongestKey = 128;
    private const int MostPriority = 100;

    public static TriggerRequest ToDomain(this Wire.TriggerDeployTestRequest request, Caller caller)
    {
        if (request.IdempotencyKey.Length > LongestKey)
        {
            throw OrbitException.Invalid("IDEMPOTENCY_KEY_INVALID", $"idempotency_key may have up to {LongestKey} characters.");
        }

        if (Math.Abs((long)request.Priority) > MostPriority)
        {
            throw OrbitException.Invalid("PRIORITY_INVALID", $"priority must be from -{MostPriority} to {MostPriority}.");
        }

        return new(
            request.TestItemId,
            request.HasBuildInfoId ? request.BuildInfoId : null,
            request.HasParameterSetId ? request.ParameterSetId : null,
            request.Parameters is { } overrides ? JsonFormatter.Default.Format(overrides) : "{}",
            request.Priority,
            request.IdempotencyKey.Length == 0 ? null : request.IdempotencyKey,
            caller,
            request.OverrideReason.Length == 0 ? "" : RequiredReason(request.OverrideReason));
    }

    public static RunFilter ToFilter(this Wire.ListRunsRequest request) => new(
        request.TestItemId,
        [.. request.Status.Select(s => s.ToDomain() ?? throw OrbitException.Invalid("FILTER_INVALID", "status names no state of a run."))],
        [.. request.Verdict.Select(v => v.ToDomain() ?? throw OrbitException.Invalid("FILTER_INVALID", "verdict names no verdict."))],
        request.BuildId,
        request.RequestedBy);

    public static TestFilter ToFilter(this Wire.ListRunTestsRequest request) =>
        new(request.RunId, request.Attempt, [.. request.Outcome.Select(o => o.ToDomain())], request.Query, request.Brief);

    public static LogQuery ToQuery(this Wire.ReadLogRequest request) =>
        new(request.RunId, request.Attempt, request.Step, request.Offset, request.Limit, request.Follow, request.Grep);

    public static LogQuery ToQuery(this Wire.FollowLogRequest request) =>
        new(request.RunId, request.Attempt, request.Step, request.Offset, request.Limit, request.Follow, "", request.HasFirstLine ? request.FirstLine : null);

    public static LogQuery ToQuery(this Wire.SearchLogRequest request) =>
        new(request.RunId, request.Attempt, request.Step, 0, 0, false, "", request.FirstLine);

    public static LogSearch ToSearch(this Wire.SearchLogRequest request) =>
        new(request.Query, request.Regex, Paging.Size(request.Limit, 0, standard: 1000, largest: 10_000));

    public static Wire.SearchLogResponse ToWire(this LogFindings findings)
    {
        var response = new Wire.SearchLogResponse { NextLine = findings.NextLine };
        response.Matches.AddRange(findings.Matches.Select(m => new Wire.LogMatch { Line = m.Line, Text = m.Text }));
        return response;
    }

    public static Wire.LogChunk ToWire(this StepLogPiece piece) => new()
    {
        Step = piece.Step,
        Offset = piece.Piece.Offset,
        Data = UnsafeByteOperations.UnsafeWrap(piece.Piece.Bytes),
        FirstLine = piece.Piece.FirstLine,
        End = piece.End,
    };

    public static Wire.LogStream ToWire(this StepLog log) =>
        new() { Step = log.Step, Length = log.Length, Lines = log.Lines, Complete = log.Complete, Dropped = log.Dropped };

    /// <summary>A reason that may be left out.</summary>
    public static string Reason(string text) =>
        text.Length <= LongestReason ? text : throw OrbitException.Invalid("REASON_INVALID", $"reason may have up to {LongestReason} characters.");

    /// <summary>A note that may be left out.</summary>
    public static string Note(string text) =>
        text.Length <= LongestReason && TextRule.IsStorable(text) ? text.Trim() : throw OrbitException.Invalid("NOTE_INVALID", $"note may have up to {LongestReason} characters.");

    /// <summary>A reason that must be given.</summary>
    public static string RequiredReason(string text) =>
        text.Trim().Length >= 3 ? Reason(text.Trim()) : throw OrbitException.Invalid("REASON_MISSING", "reason must say why, in 3 to 500 characters.");
}
