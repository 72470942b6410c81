using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Orbit.ControlPlane.Agents;
using Orbit.ControlPlane.Care;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Runs;
using Orbit.ControlPlane.Storage;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Fleet;

/// <summary>The wire face of the fleet, for people.</summary>
internal sealed class AgentGrpcService(AgentCommands commands, AgentKeyCommands keys, CheckCommands checks, JoinAddresses addresses, OrbitStore store, IOptions<AgentOptions> options, TimeProvider time)
    : Wire.AgentService.AgentServiceBase
{
    private const int LongestNote = 500;
    private const long ShortestDrain = 60;
    private const long LongestDrain = 2_592_000;

    public override async Task<Wire.ListAgentsResponse> ListAgents(Wire.ListAgentsRequest request, ServerCallContext context)
    {
        int size = Paging.Size(request.PageSize, request.Limit);
        string after = Paging.TextAfter(request.PageToken) ?? "";
        List<Wire.Agent> agents = await ReadAsync(a => string.Compare(a.Name, after) > 0, size + 1, context.CancellationToken);
        Page<Wire.Agent> page = Paging.Cut(agents, size, last => last.Name);
        var response = new Wire.ListAgentsResponse { NextPageToken = page.NextToken };
        response.Agents.AddRange(page.Rows);
        return response;
    }

    public override Task<Wire.Agent> GetAgent(Wire.GetAgentRequest request, ServerCallContext context) => OneAsync(request.Id, context.CancellationToken);

    public override async Task<Wire.CreateJoinTokenResponse> CreateJoinToken(Wire.CreateJoinTokenRequest request, ServerCallContext context)
    {
        (string token, DateTimeOffset expires) = await commands.CreateJoinTokenAsync(
            new JoinTokenWish(request.Name, request.Labels, request.TtlS, request.Rejoin, addresses.CaFingerprint), Caller.Of(context).Name, context.CancellationToken);
        return new()
        {
            Token = token,
            ExpiresAt = Timestamp.FromDateTimeOffset(expires),
            InstallCommand = addresses.InstallCommand(token),
            Server = addresses.Server,
            CaFingerprint = addresses.CaFingerprint,
        };
    }

    public override Task<Wire.Agent> DrainAgent(Wire.DrainAgentRequest request, ServerCallContext context) =>
        request.ForS is 0 or (>= ShortestDrain and <= LongestDrain)
            ? WantAsync(request.Id, AgentDesire.Draining, request.Note, context, request.ForS == 0 ? null : time.GetUtcNow().AddSeconds(request.ForS))
            : throw OrbitException.Invalid("DRAIN_INVALID", $"for_s must be {ShortestDrain} to {LongestDrain}, or 0 for no end.");

    public override async Task<Wire.Agent> CheckAgent(Wire.CheckAgentRequest request, ServerCallContext context)
    {
        await checks.AskAsync(request.Id, options.Value.Silence, context.CancellationToken);
        return await OneAsync(request.Id, context.CancellationToken);
    }

    public override Task<Wire.Agent> ResumeAgent(Wire.ResumeAgentRequest request, ServerCallContext context) =>
        WantAsync(request.Id, AgentDesire.Active, "", context);

    public override Task<Wire.Agent> DisableAgent(Wire.DisableAgentRequest request, ServerCallContext context) =>
        WantAsync(request.Id, AgentDesire.Disabled, request.Note, context);

    public override async Task<Wire.Agent> RotateAgentKey(Wire.RotateAgentKeyRequest request, ServerCallContext context)
    {
        await keys.RequestAsync(request.Id, Caller.Of(context), context.CancellationToken);
        return await OneAsync(request.Id, context.CancellationToken);
    }

    public override async Task<Wire.Agent> RevokeAgentKey(Wire.RevokeAgentKeyRequest request, ServerCallContext context)
    {
        RequireNote(request.Note);
        await keys.RevokeAsync(request.Id, request.Note, Caller.Of(context), context.CancellationToken);
        return await OneAsync(request.Id, context.CancellationToken);
    }

    public override async Task<Wire.DeleteAgentResponse> DeleteAgent(Wire.DeleteAgentRequest request, ServerCallContext context)
    {
        await commands.DeleteAsync(request.Id, context.CancellationToken);
        return new();
    }

    private async Task<Wire.Agent> WantAsync(long id, AgentDesire desire, string note, ServerCallContext context, DateTimeOffset? until = null)
    {
        RequireNote(note);
        await commands.WantAsync(id, desire, note, until, Caller.Of(context), context.CancellationToken);
        return await OneAsync(id, context.CancellationToken);
    }

    private static void RequireNote(string note)
    {
        if (note.Length > LongestNote)
        {
            throw OrbitException.Invalid("NOTE_INVALID", $"note may have up to {LongestNote} characters.");
        }
    }

    private async Task<Wire.Agent> OneAsync(long id, CancellationToken ct) =>
        (await ReadAsync(a => a.Id == id, 1, ct)).SingleOrDefault() ?? throw OrbitException.NotFound("AGENT_NOT_FOUND", $"There is no agent {id}.");

    private Task<List<Wire.Agent>> ReadAsync(System.Linq.Expressions.Expression<Func<Agent, bool>> which, int limit, CancellationToken ct) =>
        store.ReadAsync(
            async (database, cancel) =>
            {
                List<Agent> agents = await database.Agents.Where(which).OrderBy(a => a.Name).Take(limit).ToListAsync(cancel);
                long[] ids = [.. agents.Select(a => a.Id)];
                Dictionary<long, AgentPresence> presence = await database.AgentPresence.Where(p => ids.Contains(p.AgentId)).ToDictionaryAsync(p => p.AgentId, cancel);
                Dictionary<long, List<long>> running = await database.RunsOfAgentsAsync(cancel);
                Dictionary<long, AgentCheck> found = await database.AgentChecks.Where(c => ids.Contains(c.AgentId)).ToDictionaryAsync(c => c.AgentId, cancel);
                DateTimeOffset silentSince = time.GetUtcNow() - options.Value.Silence;
                return agents.ConvertAll(a => a.ToWire(presence.GetValueOrDefault(a.Id), running.GetValueOrDefault(a.Id) ?? [], silentSince, found.GetValueOrDefault(a.Id)));
            },
            ct);
}
