using System.Globalization;
using System.Text;

namespace Orbit.ControlPlane.Platform;

/// <summary>
/// Pages of a list. A page goes on after the last row of the one before (its id or its name), so rows that are added or removed meanwhile
/// neither repeat nor hide others. Clients treat a token as opaque.
/// </summary>
internal static class Paging
{
    /// <summary>Rows where the caller names no size.</summary>
    public const int StandardSize = 50;

    /// <summary>Most rows of a page.</summary>
    public const int LargestSize = 1000;

    private const string AfterId = "i:";
    private const string AfterText = "t:";

    /// <summary>Rows to return: <paramref name="pageSize"/>, else its alias <paramref name="limit"/>, else the standard.</summary>
    /// <exception cref="OrbitException">PAGE_SIZE_INVALID.</exception>
    public static int Size(int pageSize, int limit, int standard = StandardSize, int largest = LargestSize)
    {
        int wanted = pageSize != 0 ? pageSize : limit;
        return wanted switch
        {
            0 => standard,
            < 0 => throw WrongSize(wanted, largest),
            _ when wanted > largest => throw WrongSize(wanted, largest),
            _ => wanted,
        };
    }

    /// <summary>The id a page goes on after; null for the first page.</summary>
    /// <exception cref="OrbitException">PAGE_TOKEN_INVALID.</exception>
    public static long? IdAfter(string token)
    {
        if (token.Length == 0)
        {
            return null;
        }

        return long.TryParse(Read(token, AfterId), NumberStyles.None, CultureInfo.InvariantCulture, out long id) ? id : throw WrongToken();
    }

    /// <summary>The name a page goes on after; null for the first page.</summary>
    /// <exception cref="OrbitException">PAGE_TOKEN_INVALID.</exception>
    public static string? TextAfter(string token)
    {
        if (token.Length == 0)
        {
            return null;
        }

        string text = Read(token, AfterText);
        return TextRule.IsStorable(text) ? text : throw WrongToken();
    }

    /// <summary>Cuts a list that was read with one row more than the page holds.</summary>
    /// <param name="rows">At most <paramref name="size"/> + 1 rows.</param>
    /// <param name="size">Rows of the page.</param>
    /// <param name="position">What the next page goes on after: an id or a name.</param>
    public static Page<T> Cut<T>(List<T> rows, int size, Func<T, object> position)
    {
        if (rows.Count <= size)
        {
            return new(rows, "");
        }

        rows.RemoveRange(size, rows.Count - size);
        return new(rows, Token(position(rows[^1])));
    }

    /// <summary>
    /// A page of those rows that somebody may know of. It reads on until the page is full or nothing is left, so that neither its length nor its
    /// token, which holds a name in clear, tells of others.
    /// </summary>
    /// <param name="after">Name of the row before; null for the first page.</param>
    /// <param name="size">Rows of the page.</param>
    /// <param name="nameOf">What rows are ordered by.</param>
    /// <param name="read">Reads at most so many rows after a name, by name.</param>
    /// <param name="visible">Leaves those that somebody may know of, in their order.</param>
    public static async Task<Page<T>> VisibleAsync<T>(
        string? after, int size, Func<T, string> nameOf, Func<string?, int, Task<List<T>>> read, Func<List<T>, Task<List<T>>> visible)
    {
        var shown = new List<T>();
        for (string? from = after; ;)
        {
            List<T> rows = await read(from, size + 1);
            shown.AddRange(rows.Count == 0 ? [] : await visible(rows));
            if (rows.Count <= size || shown.Count > size)
            {
                return Cut(shown, size, row => nameOf(row));
            }

            from = nameOf(rows[^1]);
        }
    }

    private static string Token(object position) => position switch
    {
        long id => Write(AfterId + id.ToString(CultureInfo.InvariantCulture)),
        string text => Write(AfterText + text),
        _ => throw new ArgumentException($"A page cannot go on after a {position.GetType().Name}.", nameof(position)),
    };

    private static string Write(string text) =>
        Convert.ToBase64String(Encoding.UTF8.GetBytes(text)).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    private static string Read(string token, string kind)
    {
        string base64 = token.Replace('-', '+').Replace('_', '/');
        base64 = base64.PadRight((base64.Length + 3) / 4 * 4, '=');
        var bytes = new byte[base64.Length];
        if (!Convert.TryFromBase64String(base64, bytes, out int length))
        {
            throw WrongToken();
        }

        string text = Encoding.UTF8.GetString(bytes, 0, length);
        return text.StartsWith(kind, StringComparison.Ordinal) ? text[kind.Length..] : throw WrongToken();
    }

    private static OrbitException WrongSize(int wanted, int largest) =>
        OrbitException.Invalid("PAGE_SIZE_INVALID", $"page_size is {wanted}; 1 to {largest} are allowed, or 0 for the standard size.");

    private static OrbitException WrongToken() =>
        OrbitException.Invalid("PAGE_TOKEN_INVALID", "page_token is none that this list gave out; leave it empty to begin at the first page.");
}

/// <summary>One page of a list.</summary>
/// <param name="Rows">The rows in order.</param>
/// <param name="NextToken">Token of the next page; empty on the last.</param>
internal sealed record Page<T>(List<T> Rows, string NextToken);
