namespace Orbit.ControlPlane.Platform;

/// <summary>What kind of refusal a caller met; decides the gRPC status and the HTTP code (docs/errors.md).</summary>
public enum Refusal
{
    /// <summary>The request itself is wrong: INVALID_ARGUMENT, 400.</summary>
    Invalid,

    /// <summary>Nobody is signed in, or the credential is not valid any more: UNAUTHENTICATED, 401.</summary>
    Unauthenticated,

    /// <summary>Signed in, but not allowed to: PERMISSION_DENIED, 403.</summary>
    Forbidden,

    /// <summary>The named thing is not there: NOT_FOUND, 404.</summary>
    NotFound,

    /// <summary>The thing's present state does not allow it: FAILED_PRECONDITION, 409.</summary>
    Conflict,

    /// <summary>Something of that name is there already: ALREADY_EXISTS, 409.</summary>
    Exists,

    /// <summary>An older epoch or session speaks: ABORTED, 409.</summary>
    Fenced,

    /// <summary>A limit is reached; come back later: RESOURCE_EXHAUSTED, 429.</summary>
    TooMuch,

    /// <summary>Not now; come back later: UNAVAILABLE, 503.</summary>
    Later,

    /// <summary>A position that does not exist (any more): OUT_OF_RANGE, 400.</summary>
    OutOfRange,

    /// <summary>A defect of ours: INTERNAL, 500. Only the interceptor makes it, from an exception that is no refusal.</summary>
    Internal,
}

/// <summary>
/// A refusal that the caller can act on. Everything else that is thrown is a bug of ours and becomes INTERNAL with an error log line.
/// </summary>
/// <param name="kind">Kind of refusal.</param>
/// <param name="reason">Stable reason code, e.g. BUILD_NOT_FOUND. Listed in docs/errors.md.</param>
/// <param name="message">One sentence for the caller, in the caller's terms; never a secret, never a stack trace.</param>
public sealed class OrbitException(Refusal kind, string reason, string message) : Exception(message)
{
    /// <summary>Kind of refusal.</summary>
    public Refusal Kind { get; } = kind;

    /// <summary>Stable reason code.</summary>
    public string Reason { get; } = reason;

    /// <summary>Further facts for programs, e.g. the path of each invalid value and what is allowed there. Empty when there are none.</summary>
    public IReadOnlyDictionary<string, string> Details { get; init; } = new Dictionary<string, string>();

    /// <summary>When to come back; only with <see cref="Refusal.TooMuch"/> and <see cref="Refusal.Later"/>.</summary>
    public TimeSpan? ComeBackIn { get; init; }

    /// <summary>What went wrong underneath, for our own log; never shown to the caller.</summary>
    public Exception? Cause { get; init; }

    /// <summary>The request is wrong.</summary>
    public static OrbitException Invalid(string reason, string message) => new(Refusal.Invalid, reason, message);

    /// <summary>The named thing is not there.</summary>
    public static OrbitException NotFound(string reason, string message) => new(Refusal.NotFound, reason, message);

    /// <summary>The present state does not allow it.</summary>
    public static OrbitException Conflict(string reason, string message) => new(Refusal.Conflict, reason, message);

    /// <summary>Not now.</summary>
    public static OrbitException Later(string reason, string message, TimeSpan comeBackIn) =>
        new(Refusal.Later, reason, message) { ComeBackIn = comeBackIn };
}
