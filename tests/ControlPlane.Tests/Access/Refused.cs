using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace Orbit.ControlPlane.Tests.Access;

/// <summary>What a client reads from a refusal.</summary>
internal static class Refused
{
    /// <summary>The reason code of the refusal that <paramref name="call"/> must end with.</summary>
    public static async Task<string> ReasonAsync(Func<Task> call) => ReasonOf(await Assert.ThrowsAsync<RpcException>(call));

    public static string ReasonOf(RpcException refused) =>
        DetailsOf(refused).Where(d => d.Is(ErrorInfo.Descriptor)).Select(d => d.Unpack<ErrorInfo>().Type).SingleOrDefault() ?? $"({refused.Status})";

    public static TimeSpan WaitOf(RpcException refused) =>
        DetailsOf(refused).Single(d => d.Is(RetryInfo.Descriptor)).Unpack<RetryInfo>().RetryDelay.ToTimeSpan();

    private static Any[] DetailsOf(RpcException refused) =>
        refused.Trailers.GetValueBytes("grpc-status-details-bin") is { } bytes ? [.. Google.Rpc.Status.Parser.ParseFrom(bytes).Details] : [];
}
