using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Builds;
using Orbit.ControlPlane.Care;
using Orbit.ControlPlane.Feed;
using Orbit.ControlPlane.Fleet;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Runs;
using Orbit.ControlPlane.Storage;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Watch;

/// <summary>The wire face of the feed: what changed, with the whole object as it is now.</summary>
internal sealed class WatchGrpcService(FeedReader feed, OrbitStore store, OpenStreams streams, PublicUrl url, IOptions<AgentOptions> options, TimeProvider time)
    : Wire.WatchService.WatchServiceBase
{
    private static readonly string[] Known = ["runs", "builds", "agents"];

    public override Task Watch(Wire.WatchRequest request, IServerStreamWriter<Wire.WatchResponse> responses, ServerCallContext context)
    {
        string? unknown = request.Topics.FirstOrDefault(t => !Known.Contains(t));
        if (unknown is not null)
        {
            throw OrbitException.Invalid("TOPIC_UNKNOWN", $"There is no topic '{unknown}'; there are {string.Join(", ", Known)}.");
        }

        HashSet<string> wanted = [.. request.Topics.Count == 0 ? Known : request.Topics.AsEnumerable()];
        return streams.RunAsync(context, async ct =>
        {
            await foreach (FeedStep step in feed.ReadAsync(request.After, ct))
            {
                var response = new Wire.WatchResponse { Sequence = step.Sequence, Time = Timestamp.FromDateTimeOffset(time.GetUtcNow()) };
                if (step.Topic.Length == 0 || (wanted.Contains(step.Topic) && await FillAsync(response, step, ct)))
                {
                    await responses.WriteAsync(response, ct);
                }
            }
        });
    }

    /// <summary>Puts the object in as it is now. False when it is not there any more.</summary>
    private Task<bool> FillAsync(Wire.WatchResponse response, FeedStep step, CancellationToken ct) =>
        store.ReadAsync(
            async (database, cancel) =>
            {
                switch (step.Topic)
                {
                    case "runs":
                        bool there = await database.Runs.AnyAsync(r => r.Id == step.EntityId, cancel);
                        if (there)
                        {
                            response.Run = (await database.RunViewAsync(step.EntityId, cancel)).ToWire(url.Value);
                        }
                        else
                        {
                            response.RemovedRunId = step.EntityId;
                        }

                        return true;
                    case "builds":
                        response.Build = (await database.Builds.ByIdAsync(step.EntityId, cancel))?.ToWire();
                        return response.Build is not null;
                    default:
                        response.Agent = await AgentAsync(database, step.EntityId, cancel);
                        return response.Agent is not null;
                }
            },
            ct);

    private async Task<Wire.Agent?> AgentAsync(OrbitDbContext database, long id, CancellationToken ct)
    {
        Agent? agent = await database.Agents.SingleOrDefaultAsync(a => a.Id == id, ct);
        AgentPresence? presence = await database.AgentPresence.SingleOrDefaultAsync(p => p.AgentId == id, ct);
        Dictionary<long, List<long>> running = await database.RunsOfAgentsAsync(ct);
        AgentCheck? check = await database.AgentChecks.SingleOrDefaultAsync(c => c.AgentId == id, ct);
        return agent?.ToWire(presence, running.GetValueOrDefault(id) ?? [], time.GetUtcNow() - options.Value.Silence, check);
    }
}
