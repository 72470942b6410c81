namespace Grpc.Core;

/// <summary>A way to a server.</summary>
public abstract class ChannelBase
{
    /// <summary>To a named target.</summary>
    protected ChannelBase(string target)
    {
        ArgumentNullException.ThrowIfNull(target);
        Target = target;
    }

    /// <summary>Where it leads.</summary>
    public string Target { get; }

    /// <summary>What starts calls on it.</summary>
    public abstract CallInvoker CreateCallInvoker();

    /// <summary>Ends it; calls that still run are cancelled.</summary>
    public Task ShutdownAsync() => ShutdownAsyncCore();

    /// <summary>Does the ending.</summary>
    protected virtual Task ShutdownAsyncCore() => Task.CompletedTask;
}
