namespace Orbit.Cli.Connection;

/// <summary>A sign-in at one server, as it lies in the session file.</summary>
/// <param name="Email">The normalised address.</param>
/// <param name="Token">The bearer token. Never printed.</param>
/// <param name="IsAdmin">True when the session has the role admin.</param>
/// <param name="ExpiresAt">When the session ends unless it is renewed by use; null when the server did not say.</param>
internal sealed record StoredSession(string Email, string Token, bool IsAdmin, DateTimeOffset? ExpiresAt)
{
    /// <summary>Leaves the token out, so that no message can ever show it.</summary>
    public override string ToString() => $"{Email}{(IsAdmin ? " (admin)" : "")}";
}
