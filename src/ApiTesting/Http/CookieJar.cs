using System.Net;

namespace Orbit.ApiTesting.Http;

/// <summary>The cookies of one row. Never shared with another.</summary>
public sealed class CookieJar
{
    private CookieContainer? _jar;

    /// <summary>What to send to an address; null for nothing.</summary>
    public string? For(Uri url) => _jar?.GetCookieHeader(url) is { Length: > 0 } cookies ? cookies : null;

    /// <summary>Takes what an answer sets. A cookie that breaks the rules is ignored, as browsers do.</summary>
    public void Take(Uri url, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        foreach ((string name, string value) in headers)
        {
            if (!name.Equals("Set-Cookie", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            try
            {
                (_jar ??= new()).SetCookies(url, value);
            }
            catch (CookieException)
            {
                // ignored by rule
            }
        }
    }
}
