using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Ingest;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage;

namespace Orbit.ControlPlane.Scheduling;

/// <summary>The wire face of no-op work.</summary>
internal sealed class DiagnosticsGrpcService(IngestWriter ingest, Placer placer, OrbitStore store, Signals signals, TimeProvider time)
    : DiagnosticsService.DiagnosticsServiceBase
{
    private const int MostLabels = 64;

    public override async Task<SubmitNoopResponse> SubmitNoop(SubmitNoopRequest request, ServerCallContext context)
    {
        if (request.Labels.Count > MostLabels)
        {
            throw OrbitException.Invalid("LABELS_INVALID", $"At most {MostLabels} labels.");
        }

        Guid id = Guid.CreateVersion7();
        AgentSession? session = placer.HasBacklog ? null : placer.TryReserve(id, WorkKind.Noop, new(request.Labels, []));
        if (session is null)
        {
            placer.NoteQueued();
        }

        var item = new NoopSubmitted(id, LabelsJson.Write(request.Labels), time.GetUtcNow(), session, signals);
        try
        {
            await ingest.AddAsync(item, context.CancellationToken);
        }
        catch
        {
            session?.FreeSlot(id); // the caller left before it was taken
            throw;
        }

        await item.Stored;
        return new() { AssignmentId = id.ToString() };
    }

    public override async Task<CountNoopsResponse> CountNoops(CountNoopsRequest request, ServerCallContext context)
    {
        Dictionary<WorkState, long> counts = await store.ReadAsync(
            (database, ct) => database.WorkItems.Where(w => w.Kind == WorkKind.Noop).GroupBy(w => w.State).ToDictionaryAsync(g => g.Key, g => g.LongCount(), ct),
            context.CancellationToken);
        long queued = counts.GetValueOrDefault(WorkState.Queued);
        long ended = counts.GetValueOrDefault(WorkState.Ended);
        return new() { Queued = queued, Ended = ended, Running = counts.Values.Sum() - queued - ended };
    }
}
