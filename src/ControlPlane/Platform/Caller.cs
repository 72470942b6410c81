using Grpc.Core;

namespace Orbit.ControlPlane.Platform;

/// <summary>Who calls, as the authentication established it.</summary>
/// <param name="Name">Normalised e-mail address, or a fixed name such as <c>webhook</c>.</param>
/// <param name="IsAdmin">True for the role admin.</param>
/// <param name="SessionId">The signed-in session; null for callers without one.</param>
/// <param name="RemoteAddress">Where the call came from; empty when unknown.</param>
internal sealed record Caller(string Name, bool IsAdmin, Guid? SessionId, string RemoteAddress)
{
    private const string Key = "orbit.caller";

    /// <summary>The caller of a call that went through authentication.</summary>
    public static Caller Of(ServerCallContext context) =>
        Find(context) ?? throw new InvalidOperationException($"{context.Method} has no caller: its endpoint was not authenticated.");

    /// <summary>The caller, or null on a method for agents, which prove themselves inside the stream.</summary>
    public static Caller? Find(ServerCallContext context) =>
        context.GetHttpContext().Items.TryGetValue(Key, out object? caller) ? caller as Caller : null;

    /// <summary>Remembers the caller for the rest of the call.</summary>
    public void AttachTo(HttpContext context) => context.Items[Key] = this;
}
