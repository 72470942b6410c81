namespace Grpc.Core;

/// <summary>How one message is sent.</summary>
[Flags]
public enum WriteFlags
{
    /// <summary>The message may wait for the next one.</summary>
    BufferHint = 0x1,

    /// <summary>The message is sent as it is although the call compresses.</summary>
    NoCompress = 0x2,
}

/// <summary>Options of the messages written from now on.</summary>
public class WriteOptions(WriteFlags flags = default)
{
    /// <summary>No flags.</summary>
    public static readonly WriteOptions Default = new();

    /// <summary>The flags.</summary>
    public WriteFlags Flags { get; } = flags;
}
