using Orbit.ControlPlane.Platform;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Runs;

/// <summary>A comparison on the wire.</summary>
internal static class RunComparisonMapping
{
    private const int UsualLimit = 5_000;
    private const int LargestLimit = 20_000;

    /// <summary>The kinds that are asked for; all but the unchanged when none is named.</summary>
    public static HashSet<TestChangeKind> Kinds(this Wire.CompareRunsRequest request) => request.Kind.Count == 0
        ? [TestChangeKind.NewlyFailing, TestChangeKind.StillFailing, TestChangeKind.Fixed, TestChangeKind.New, TestChangeKind.Missing]
        : [.. request.Kind.Select(k => k is Wire.TestChangeKind.Unspecified || !Enum.IsDefined(k)
            ? throw OrbitException.Invalid("FILTER_INVALID", "kind names no kind of change.")
            : (TestChangeKind)((int)k - 1))];

    /// <summary>How many changes are asked for.</summary>
    public static int Most(this Wire.CompareRunsRequest request) => Paging.Size(request.Limit, 0, UsualLimit, LargestLimit);

    public static Wire.CompareRunsResponse ToWire(
        this IReadOnlyList<TestChange> changes, Wire.Run against, Wire.CompareRunsRequest request, Dictionary<string, string> messages)
    {
        HashSet<TestChangeKind> kinds = request.Kinds();
        var response = new Wire.CompareRunsResponse { Base = against };
        response.Counts.AddRange(Enum.GetValues<TestChangeKind>().Select(kind => new Wire.TestChangeCount { Kind = kind.ToWire(), Count = changes.Count(c => c.Kind == kind) }));
        response.Changes.AddRange(changes.Where(c => kinds.Contains(c.Kind)).Take(request.Most()).Select(c => new Wire.TestChange
        {
            TestId = c.Id,
            Kind = c.Kind.ToWire(),
            Before = (c.Before?.Outcome ?? TestOutcome.Pending).ToWire(),
            After = (c.After?.Outcome ?? TestOutcome.Pending).ToWire(),
            BeforeMs = c.Before?.DurationMs ?? 0,
            AfterMs = c.After?.DurationMs ?? 0,
            Message = messages.GetValueOrDefault(c.Id, ""),
        }));
        return response;
    }

    private static Wire.TestChangeKind ToWire(this TestChangeKind kind) => (Wire.TestChangeKind)((int)kind + 1);
}
