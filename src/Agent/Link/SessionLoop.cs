using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;
using Orbit.Agent.Care;
using Orbit.Agent.Identity;
using Orbit.Agent.Plans;
using Orbit.Agent.Upgrades;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Link;

/// <summary>
/// Keeps the agent connected: connect, follow, back off, until told to leave. The only place that decides when to come back; the upload
/// connection asks it.
/// </summary>
internal sealed class SessionLoop(
    ServerConnection connection, Enrolment enrolment, SessionReports reports, AgentFacts facts, AssignmentBook book, Outbox outbox, Lease lease,
    Backoff backoff, TimeProvider time, ILogger<SessionLoop> logger)
{
    private static readonly TimeSpan HealthyAfter = TimeSpan.FromSeconds(30);
    private static readonly SessionEnd Left = new(SessionEndKind.Left, "LEFT", "The agent leaves.", null);
    private static readonly SessionEnd Rejoined = new(SessionEndKind.TryAgain, "REJOINED", "The host has joined again.", TimeSpan.Zero);
    private static readonly TimeSpan SlowStep = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan VersionStep = TimeSpan.FromMinutes(10);

    /// <summary>Called when a session was welcomed.</summary>
    public Action<UploadGrant>? Welcomed { get; set; }

    /// <summary>Called when the server wants another program.</summary>
    public Action<UpgradeWish>? UpgradeWanted { get; set; }

    /// <summary>Called when the server wants the host looked at.</summary>
    public Action<CheckWish>? CheckWanted { get; set; }

    /// <summary>Called when a session has ended.</summary>
    public Action? Lost { get; set; }

    /// <summary>Runs until <paramref name="leave"/> fires.</summary>
    /// <exception cref="IdentityException">The host cannot be enrolled: a person must act.</exception>
    public async Task RunAsync(CancellationToken leave)
    {
        while (!leave.IsCancellationRequested)
        {
            SessionEnd end = await AttemptAsync(leave);
            if (end.Kind == SessionEndKind.Left)
            {
                return;
            }

            TimeSpan wait = WaitAfter(end);
            Report(end, wait);
            try
            {
                await Task.Delay(wait, time, leave);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task<SessionEnd> AttemptAsync(CancellationToken leave)
    {
        if (enrolment.Find() is null && await connection.PinAsync(enrolment.CaFingerprint, leave) is { } problem)
        {
            return leave.IsCancellationRequested ? Left : SessionEnd.Broken(problem);
        }

        using GrpcChannel channel = connection.Open();
        AgentGateway.AgentGatewayClient gateway = ServerConnection.Gateway(channel);
        Session? session = null;
        try
        {
            AgentIdentity identity = await enrolment.EnsureAsync(gateway, leave);
            session = new Session(connection, identity, enrolment, reports, facts, book, outbox, lease, time, logger) { Welcomed = Welcomed, UpgradeWanted = UpgradeWanted, CheckWanted = CheckWanted };
            SessionEnd end = await session.RunAsync(gateway, leave);
            return end.Reason is "AGENT_UNKNOWN" or "AGENT_QUARANTINED" && enrolment.CanRejoin ? await RejoinAsync(gateway, end, leave) : end;
        }
        catch (RpcException refused)
        {
            SessionEnd end = SessionEnd.From(refused);
            return end.Kind == SessionEndKind.EnrolmentRefused
                ? throw new IdentityException($"This host cannot be enrolled: {end.Text} ({end.Reason})", refused)
                : leave.IsCancellationRequested ? end with { Kind = SessionEndKind.Left } : end;
        }
        catch (OperationCanceledException) when (leave.IsCancellationRequested)
        {
            return Left;
        }
        finally
        {
            if (session?.WelcomedAt is long welcomedAt)
            {
                Lost?.Invoke();
                if (time.GetElapsedTime(welcomedAt) >= HealthyAfter)
                {
                    backoff.Reset();
                }
            }
        }
    }

    /// <summary>The key is not taken any more, and there is a token.</summary>
    private async Task<SessionEnd> RejoinAsync(AgentGateway.AgentGatewayClient gateway, SessionEnd end, CancellationToken leave)
    {
        try
        {
            await enrolment.RejoinAsync(gateway, leave);
            return Rejoined;
        }
        catch (RpcException refused) when (SessionEnd.From(refused) is { Kind: SessionEndKind.EnrolmentRefused } no)
        {
            enrolment.TokenRefused(no.Text);
            return end;
        }
    }

    private TimeSpan WaitAfter(SessionEnd end)
    {
        TimeSpan slow = end.Reason == "PROTOCOL_UNSUPPORTED" ? VersionStep : SlowStep;
        TimeSpan wait = end.Kind is SessionEndKind.TryAgain
            ? backoff.Next()
            : slow * (0.5 + (0.5 * Random.Shared.NextDouble()));
        return end.ComeBackIn is TimeSpan named && (end.Kind != SessionEndKind.TryAgain ? named > wait : true) ? named : wait;
    }

    private void Report(SessionEnd end, TimeSpan wait)
    {
        switch (end.Kind)
        {
            case SessionEndKind.Superseded:
                logger.Superseded(wait);
                break;
            case SessionEndKind.Refused:
                logger.RefusedByServer(end.Reason, end.Text, wait);
                break;
            case SessionEndKind.WrongServer:
                logger.WrongServer(connection.Server, end.Text, enrolment.Find()!.ServerId, wait);
                break;
            default:
                logger.Disconnected(connection.Server, $"{end.Reason}: {end.Text}", wait);
                break;
        }
    }
}
