using Grpc.Core;
using Orbit.Cli.Connection;
using Orbit.Contracts.V1;

namespace Orbit.Cli.Watching;

/// <summary>
/// Reads a run's events to the end, through any number of broken streams: each new stream begins after the last event that
/// was shown, and what comes twice is dropped by its number.
/// </summary>
internal sealed class RunFollower(ServerConnection server, Shell shell, long runId, RunPicture picture, IRunView view, TimeSpan patience)
{
    /// <summary>The server sends something every 15 s; three times that in silence is a dead stream.</summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(45);

    private long _lastSeq;
    private long _reachedAt;
    private bool _reached;
    private int _failures;

    /// <summary>Begins after what the caller knows already, because a call has just returned it.</summary>
    public void KnowsAlready(Run run)
    {
        picture.Begin(run);
        _lastSeq = run.LastSeq;
        ServerAnswered();
    }

    /// <summary>From now on a server that cannot be reached is one that went away, and is waited for.</summary>
    public void ServerAnswered() => (_reached, _reachedAt) = (true, shell.Clock.GetTimestamp());

    /// <returns>True when the run has ended; false when patience ran out.</returns>
    public async Task<bool> FollowAsync(CancellationToken ct)
    {
        while (!picture.HasEnded)
        {
            (string why, TimeSpan pause) = await ReadStreamAsync(ct);
            if (picture.HasEnded)
            {
                break;
            }

            if (AgentIsLost() || OutOfPatience(shell.Clock.GetElapsedTime(_reachedAt)))
            {
                return false;
            }

            if (++_failures == 2)
            {
                view.LostServer(why); // one broken stream is nothing to speak of
            }

            await Task.Delay(shell.BackOff.Pause(_failures, pause), shell.Clock, ct);
        }

        return true;
    }

    // One stream until it breaks or the run ends. Says why it broke and how long the server asks to wait.
    private async Task<(string Why, TimeSpan Pause)> ReadStreamAsync(CancellationToken ct)
    {
        using var quiet = CancellationTokenSource.CreateLinkedTokenSource(ct);
        try
        {
            quiet.CancelAfter(LongestSilence);
            using AsyncServerStreamingCall<RunEvent> call =
                server.Runs.WatchRun(new() { RunId = runId, AfterSeq = _lastSeq }, server.Stream(quiet.Token));
            while (await call.ResponseStream.MoveNext(quiet.Token))
            {
                quiet.CancelAfter(LongestSilence);
                Reached();
                Take(call.ResponseStream.Current);
                if (picture.HasEnded || AgentIsLost())
                {
                    break;
                }
            }

            return ("the server ended the stream", TimeSpan.Zero);
        }
        catch (RpcException failure) when (!ct.IsCancellationRequested && failure.StatusCode is StatusCode.OutOfRange && _lastSeq > 0)
        {
            // The server knows less than we do, as after a restore from a backup: begin with what it knows now.
            _lastSeq = 0;
            return ("the server's history is shorter than what was seen", TimeSpan.Zero);
        }
        catch (RpcException failure) when (!ct.IsCancellationRequested && _reached && CallFailure.MayPass(failure))
        {
            return (CallFailure.From(failure, server.Server, signingIn: false).Message, CallFailure.AskedPause(failure));
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return ("the server was silent", TimeSpan.Zero);
        }
    }

    private void Reached()
    {
        if (_failures > 1)
        {
            view.FoundServer();
        }

        _failures = 0;
        ServerAnswered();
    }

    private void Take(RunEvent change)
    {
        bool numbered = change.Type is not (RunEventType.Snapshot or RunEventType.Heartbeat);
        if (numbered && change.Seq <= _lastSeq)
        {
            return; // sent again after a reconnect
        }

        picture.Apply(change);
        if (change.Type is not RunEventType.Heartbeat)
        {
            _lastSeq = change.Seq;
        }

        view.Show(change);
    }

    private bool AgentIsLost() => picture.AgentSilence is { } silence && OutOfPatience(silence);

    private bool OutOfPatience(TimeSpan silence) => patience != Timeout.InfiniteTimeSpan && silence > patience;
}
