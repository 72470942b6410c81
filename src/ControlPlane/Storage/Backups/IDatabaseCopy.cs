namespace Orbit.ControlPlane.Storage.Backups;

/// <summary>The part of backups that differs between the databases.</summary>
internal interface IDatabaseCopy
{
    /// <summary><c>sqlite</c> or <c>postgres</c>.</summary>
    string Provider { get; }

    /// <summary>Adds all that the database holds at one moment, while others write to it.</summary>
    Task WriteAsync(BackupWriter backup, CancellationToken ct);

    /// <summary>True when there is no installation in the database that a restore would destroy.</summary>
    Task<bool> IsEmptyAsync(CancellationToken ct);

    /// <summary>Puts everything back, but what makes it an installation that can be used.</summary>
    /// <exception cref="RestoreException">It does not fit this program.</exception>
    Task LoadAsync(BackupReader backup, CancellationToken ct);

    /// <summary>Continues all numbers that the database gives out well after those that may have been given out after the backup.</summary>
    Task SkipNumbersAsync(OrbitDbContext database, CancellationToken ct);

    /// <summary>Makes it an installation that can be used; the last thing that a restore does.</summary>
    Task FinishAsync(BackupReader backup, CancellationToken ct);
}

/// <summary>How far numbers are skipped.</summary>
internal static class SkippedNumbers
{
    /// <summary>Far more runs or builds than anybody has between two backups.</summary>
    public const long Count = 100_000;
}
