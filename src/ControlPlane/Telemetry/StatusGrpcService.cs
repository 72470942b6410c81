using System.Reflection;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Reports;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Telemetry;

/// <summary>The wire face of the system's state.</summary>
internal sealed class StatusGrpcService(FigureQueries figures, AllureProgram allure, ServerStart start) : Wire.StatusService.StatusServiceBase
{
    private static readonly string Version =
        typeof(StatusGrpcService).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";

    public override async Task<Wire.GetStatusResponse> GetStatus(Wire.GetStatusRequest request, ServerCallContext context)
    {
        (Figures? read, string away) = await ReadAsync(context.CancellationToken);
        IReadOnlyList<Wire.PartStatus> parts = StatusMapping.Of(read, away, allure.Find().Missing);
        var response = new Wire.GetStatusResponse { State = StatusMapping.Worst(parts), Version = Version, StartedAt = Timestamp.FromDateTimeOffset(start.At) };
        response.Parts.AddRange(parts);
        return response;
    }

    private async Task<(Figures? Figures, string Away)> ReadAsync(CancellationToken ct)
    {
        try
        {
            return (await figures.ReadAsync(ct), "");
        }
        catch (OrbitException later) when (later.Kind is Refusal.Later)
        {
            return (null, later.Message);
        }
    }
}

/// <summary>When this process began to serve.</summary>
internal sealed class ServerStart(TimeProvider time)
{
    public DateTimeOffset At { get; } = time.GetUtcNow();
}
