using Google.Protobuf.Collections;

namespace Orbit.Cli.Commands;

/// <summary>Reads lists page by page until as many rows are there as were asked for.</summary>
internal static class Paging
{
    /// <summary>Rows shown when nobody asked for a number.</summary>
    public const int Usual = 50;

    private const int LargestPage = 1000;

    /// <param name="rows">Takes the rows.</param>
    /// <param name="limit">How many rows at most; null for the usual number.</param>
    /// <param name="read">Reads a page: its size and token in, its rows and the next token out.</param>
    /// <returns>The token of the page after the last row; empty when there is none.</returns>
    public static async Task<string> ReadAsync<T>(
        RepeatedField<T> rows, long? limit, Func<int, string, Task<(IEnumerable<T> Rows, string Next)>> read)
    {
        long wanted = limit ?? Usual;
        string token = "";
        do
        {
            (IEnumerable<T> page, string next) = await read((int)Math.Min(LargestPage, wanted - rows.Count), token);
            int before = rows.Count;
            rows.AddRange(page);
            token = next;
            if (rows.Count == before)
            {
                break; // a server that names a next page but sends nothing would be asked for ever
            }
        }
        while (token.Length > 0 && rows.Count < wanted);

        return token;
    }
}
