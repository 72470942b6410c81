using Orbit.Agent.Link;

namespace Orbit.Agent.Care;

/// <summary>What the control plane wants looked at.</summary>
/// <param name="ServerTime">Its clock, as the wish came.</param>
/// <param name="PackageServer">To be reached; empty: none.</param>
internal sealed record CheckWish(DateTimeOffset ServerTime, string PackageServer);

/// <summary>Looks at the host when the control plane wants it. Wishes that come during a look are one.</summary>
internal sealed class HostCare(HostCheck check, CheckReport report)
{
    private readonly WakeUp _wake = new();
    private CheckWish? _wish;

    /// <summary>The control plane wants the host looked at.</summary>
    public void Want(CheckWish wish)
    {
        _ = Interlocked.Exchange(ref _wish, wish);
        _wake.Set();
    }

    /// <summary>Runs until <paramref name="leave"/> fires.</summary>
    public async Task RunAsync(CancellationToken leave)
    {
        try
        {
            while (true)
            {
                await _wake.WaitAsync(leave);
                if (Interlocked.Exchange(ref _wish, null) is { } wish)
                {
                    report.Say(await check.LookAsync(wish.ServerTime, wish.PackageServer, leave));
                }
            }
        }
        catch (OperationCanceledException) when (leave.IsCancellationRequested)
        {
            // the agent leaves
        }
    }
}
