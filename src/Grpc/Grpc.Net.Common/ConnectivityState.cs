namespace Grpc.Core;

/// <summary>What a channel knows about its connection. The numbers are part of the published interface.</summary>
public enum ConnectivityState
{
    /// <summary>No connection and none wanted.</summary>
    Idle,

    /// <summary>A connection is being made.</summary>
    Connecting,

    /// <summary>Calls can be sent.</summary>
    Ready,

    /// <summary>The last attempt failed; another one will follow.</summary>
    TransientFailure,

    /// <summary>The channel was shut down for good.</summary>
    Shutdown,
}
