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

    /// <summary>What the caller may do.</summary>
    public PersonRole Role { get; init; } = IsAdmin ? PersonRole.Admin : PersonRole.User;

    /// <summary>The API token that calls; null for a session.</summary>
    public ApiTokenUse? Token { get; init; }

    /// <summary>With what the caller's open streams end: its session or its API token.</summary>
    public Guid? StreamOwner => SessionId ?? Token?.Id;

    /// <summary>The caller's session, for what a program with an API token must not do.</summary>
    /// <exception cref="OrbitException">SESSION_NEEDED.</exception>
    public Guid RequireSession() =>
        SessionId ?? throw new OrbitException(Refusal.Forbidden, "SESSION_NEEDED", "This needs a person that has signed in; an API token is not enough.");

    /// <summary>The caller of a call that went through authentication.</summary>
    public static Caller Of(ServerCallContext context) =>
        Find(context) ?? throw new InvalidOperationException($"{context.Method} has no caller: its endpoint was not authenticated.");

    /// <summary>The caller, or null on a method for agents, which prove themselves inside the stream.</summary>
    public static Caller? Find(ServerCallContext context) =>
        context.GetHttpContext().Items.TryGetValue(Key, out object? caller) ? caller as Caller : null;

    /// <summary>Remembers the caller for the rest of the call.</summary>
    public void AttachTo(HttpContext context) => context.Items[Key] = this;
}

/// <summary>The API token of a call.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Scopes">What it may do.</param>
internal sealed record ApiTokenUse(Guid Id, IReadOnlyList<string> Scopes);
