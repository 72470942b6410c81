using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Access;

/// <summary>Somebody who signed in or was given a role.</summary>
internal sealed class Person
{
    /// <summary>Normalised address.</summary>
    public string Email { get; init; } = "";

    /// <summary>Role of sessions that sign in without the admin password; never admin.</summary>
    public PersonRole Role { get; init; }

    /// <summary>True: signing in without the admin password is refused.</summary>
    public bool Blocked { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Null before the first sign-in.</summary>
    public DateTimeOffset? LastLoginAt { get; init; }

    /// <summary>Empty before the first sign-in.</summary>
    public string LastAddress { get; init; } = "";
}

/// <summary>An address that a person signed in from, so that a new one can be told.</summary>
internal sealed class KnownAddress
{
    /// <summary>After this long an address is new again.</summary>
    public static readonly TimeSpan Forgets = TimeSpan.FromDays(90);

    public string Email { get; init; } = "";
    public string Address { get; init; } = "";
    public DateTimeOffset LastUsedAt { get; init; }
}
