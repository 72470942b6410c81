using System.ComponentModel;
using System.Diagnostics;
using Microsoft.Extensions.Options;
using Orbit.ControlPlane.Platform;
using Orbit.ControlPlane.Storage.Blobs;

namespace Orbit.ControlPlane.Reports;

/// <summary>Builds wanted reports, one at a time; a process has as many of these as it builds reports at once.</summary>
internal sealed class ReportQueue(
    ReportCommands commands, ReportBuilder builder, AllureProgram program, IBlobStore blobs, IOptions<ReportOptions> options,
    TimeProvider time, Signals signals, ILogger<ReportQueue> log)
    : PeriodicPass(time, signals, log)
{
    private const int LongestReason = 1000;
    private readonly Guid _holder = Guid.NewGuid();
    private readonly TimeProvider _time = time;
    private string? _said;

    /// <inheritdoc />
    protected override TimeSpan Pause => options.Value.Lease < TimeSpan.FromSeconds(10) ? options.Value.Lease : TimeSpan.FromSeconds(5);

    /// <inheritdoc />
    protected override IReadOnlyList<string> Hints { get; } = [ReportTopics.Wanted];

    /// <inheritdoc />
    protected override async Task RunOnceAsync(CancellationToken ct)
    {
        while (Allure() is { } allure && await commands.ClaimAsync(_holder, options.Value.Lease, ct) is { } claim)
        {
            await BuildAsync(claim, allure, ct);
        }
    }

    private AllureFiles? Allure()
    {
        (AllureFiles? found, string missing) = program.Find();
        string state = found?.Cli ?? missing;
        if (state != _said)
        {
            _said = state;
            if (found is null)
            {
                log.CannotBuild(missing);
            }
            else
            {
                log.CanBuild(found.Cli);
            }
        }

        return found;
    }

    private async Task BuildAsync(ReportClaim claim, AllureFiles allure, CancellationToken ct)
    {
        if (claim.Try > options.Value.Tries * 2)
        {
            // Builders that end without a word, again and again: this report is what ends them.
            await commands.FailedAsync(claim, $"its builder ended without a word {claim.Try - 1} times", again: null, ct);
            return;
        }

        long started = Stopwatch.GetTimestamp();
        try
        {
            BuiltReport built = await BuildWhileHeldAsync(claim, allure, ct);
            IReadOnlyList<Guid> unused = await commands.BuiltAsync(claim, built, ct);
            foreach (Guid blob in unused)
            {
                await blobs.RemoveAsync(blob, ct);
            }

            if (unused.Contains(built.Packed))
            {
                log.ClaimLost(claim.RunId, claim.Attempt);
                return;
            }

            log.ReportBuilt(claim.RunId, claim.Attempt, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds, built.Size, built.Note);
        }
        catch (ReportBuildException failure)
        {
            await GiveBackAsync(claim, failure.Message, error: null, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            await commands.ReleaseAsync(claim, CancellationToken.None);
            throw;
        }
        catch (OperationCanceledException)
        {
            log.ClaimLost(claim.RunId, claim.Attempt);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidDataException or OrbitException or Win32Exception)
        {
            await GiveBackAsync(claim, failure.Message, failure, ct);
        }
    }

    /// <summary>Builds and keeps the claim meanwhile; a claim that is lost ends the build.</summary>
    private async Task<BuiltReport> BuildWhileHeldAsync(ReportClaim claim, AllureFiles allure, CancellationToken ct)
    {
        using var held = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Task<BuiltReport> build = builder.BuildAsync(claim, allure, held.Token);
        while (true)
        {
            using var pause = CancellationTokenSource.CreateLinkedTokenSource(ct);
            Task ended = await Task.WhenAny(build, Task.Delay(options.Value.Lease / 3, _time, pause.Token));
            await pause.CancelAsync();
            if (ended == build || ct.IsCancellationRequested)
            {
                return await build;
            }

            if (!await HoldsAsync(claim, ct))
            {
                await held.CancelAsync();
            }
        }
    }

    /// <summary>A database that is away for a moment does not end a build: whether the claim held is decided when it is stored.</summary>
    private async Task<bool> HoldsAsync(ReportClaim claim, CancellationToken ct)
    {
        try
        {
            return await commands.RenewAsync(claim, options.Value.Lease, ct);
        }
        catch (OrbitException away) when (away.Kind is Refusal.Later)
        {
            return true;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return true; // the build ends by the same token
        }
    }

    private async Task GiveBackAsync(ReportClaim claim, string reason, Exception? error, CancellationToken ct)
    {
        log.ReportFailed(claim.RunId, claim.Attempt, claim.Try, reason, error);
        bool last = claim.Try >= options.Value.Tries;
        string told = reason.Length > LongestReason ? reason[..LongestReason] : reason;
        await commands.FailedAsync(claim, told, last ? null : options.Value.RetryPause * Math.Pow(2, claim.Try - 1), ct);
    }
}
