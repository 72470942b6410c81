using Orbit.ApiTesting.Documents;
using Orbit.ApiTesting.Values;

namespace Orbit.ApiTesting.Running;

/// <summary>Reads single rows that were stored as JSON.</summary>
public static class RowReader
{
    /// <summary>A row.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="name">What people call it.</param>
    /// <param name="values">A JSON object.</param>
    /// <param name="expect">A JSON array of checks; empty for none.</param>
    /// <exception cref="DocumentException">It is wrong; names the row.</exception>
    public static DatasetRow Read(long number, string name, string values, string expect)
    {
        string place = $"row {number + 1}";
        DatasetRow row = DatasetReader.Row(new(JsonText.Parse(values), place), number, []);
        return row with
        {
            Name = name,
            Expect = expect.Length == 0 ? null : [.. new DocumentNode(JsonText.Parse(expect), $"{place}.$expect").Items().Select(CheckReader.Read)],
            ExpectText = expect,
        };
    }
}
