using Microsoft.Extensions.Primitives;

namespace Orbit.ControlPlane.Access;

/// <summary>
/// Browsers keep their token in a cookie that no script can read and no other site can send. A call that uses it must carry a header that a
/// form or an image cannot: other sites would need our leave for it.
/// </summary>
internal static class SignInCookie
{
    /// <summary>A sign-in with this header, value <c>1</c>, is answered with a cookie instead of a token.</summary>
    public const string WantedHeader = "X-Orbit-Cookie";

    /// <summary>Proof that a call comes from our own page, value <c>1</c>.</summary>
    public const string ProofHeader = "X-Orbit-Request";

    private const string SecureName = "__Host-orbit";
    private const string PlainName = "orbit";

    /// <summary>True when the caller wants a cookie.</summary>
    public static bool IsWanted(HttpContext context) => context.Request.Headers[WantedHeader] == "1";

    /// <summary>True when the call carries the proof that it comes from our own page.</summary>
    public static bool HasProof(HttpContext context) =>
        context.Request.Headers[ProofHeader] == "1"
        && !StringValues.Equals(context.Request.Headers["Sec-Fetch-Site"], "cross-site");

    /// <summary>The token in the cookie; null without one.</summary>
    public static string? Read(HttpContext context) =>
        context.Request.Cookies.TryGetValue(NameFor(context), out string? token) && token.Length > 0 ? token : null;

    /// <summary>Sets the cookie.</summary>
    public static void Write(HttpContext context, string token) =>
        context.Response.Cookies.Append(NameFor(context), token, Attributes(context, Session.Longest));

    /// <summary>Takes the cookie back, if the call carries one.</summary>
    public static void Clear(HttpContext context)
    {
        if (Read(context) is not null)
        {
            context.Response.Cookies.Delete(NameFor(context), Attributes(context, longest: null));
        }
    }

    private static string NameFor(HttpContext context) => context.Request.IsHttps ? SecureName : PlainName;

    private static CookieOptions Attributes(HttpContext context, TimeSpan? longest) => new()
    {
        HttpOnly = true,
        Secure = context.Request.IsHttps,
        SameSite = SameSiteMode.Strict,
        Path = "/",
        MaxAge = longest,
        IsEssential = true,
    };
}
