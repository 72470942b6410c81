namespace Orbit.ControlPlane.Logs;

/// <summary>How much of one step's log is stored.</summary>
internal sealed class StepLog
{
    public int RunDay { get; init; }
    public long RunId { get; init; }
    public int Attempt { get; init; }
    public string Step { get; init; } = "";

    /// <summary>Bytes stored, without a gap from 0.</summary>
    public long Length { get; set; }

    /// <summary>Line feeds stored.</summary>
    public long Lines { get; set; }

    /// <summary>True when the agent said that nothing follows.</summary>
    public bool Complete { get; set; }

    /// <summary>Bytes that the agent dropped beyond its limit.</summary>
    public long Dropped { get; set; }
}

/// <summary>A piece of a step's log, as bytes.</summary>
internal sealed class LogChunkRow
{
    public int RunDay { get; init; }
    public long RunId { get; init; }
    public int Attempt { get; init; }
    public string Step { get; init; } = "";

    /// <summary>Position of the first byte.</summary>
    public long Offset { get; init; }

    /// <summary>Bytes before compression.</summary>
    public int Length { get; init; }

    /// <summary>Line feeds before the first byte.</summary>
    public long FirstLine { get; init; }

    /// <summary>0: stored as is; 1: Brotli.</summary>
    public int Codec { get; init; }

    public byte[] Data { get; init; } = [];
}
