using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Orbit.Agent.Care;

/// <summary>How much space is free where the agent keeps its data. What the system cannot tell is unknown, and never ends anything.</summary>
/// <param name="directory">The data directory.</param>
/// <param name="wanted">Bytes that are to be free there; 0: no limit.</param>
/// <param name="logger">Where a first failure is told.</param>
/// <param name="read">How to ask the system; null: as usual.</param>
internal sealed class FreeSpace(string directory, long wanted, ILogger<FreeSpace> logger, Func<string, long>? read = null)
{
    private const long Megabyte = 1_000_000;
    private readonly Func<string, long> _read = read ?? (static path => new DriveInfo(path).AvailableFreeSpace);
    private int _unknown;

    /// <summary>Where.</summary>
    public string Directory => directory;

    /// <summary>Free bytes; null: unknown, which the log tells once until it is known again.</summary>
    public long? Bytes()
    {
        try
        {
            long free = _read(directory);
            _unknown = 0;
            return free;
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            if (Interlocked.Exchange(ref _unknown, 1) == 0)
            {
                logger.FreeSpaceUnknown(directory, failed.Message);
            }

            return null;
        }
    }

    /// <summary>Why there is too little for a deploy test; null: there is enough, or nobody can tell.</summary>
    public string? Short() => Bytes() is { } free && free < wanted
        ? string.Create(CultureInfo.InvariantCulture, $"{directory} has {free / Megabyte} MB free; {wanted / Megabyte} MB are wanted (--min-free).")
        : null;
}
