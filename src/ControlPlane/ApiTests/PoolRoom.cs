using System.Text.Json;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>Free places of the resource pools that a batch needs, held for the rest of the transaction.</summary>
internal sealed class PoolRoom
{
    private readonly Dictionary<string, int> _free;
    private readonly Dictionary<string, string[]> _byTarget;

    public PoolRoom(Dictionary<string, int> free, Dictionary<string, string[]> byTarget) => (_free, _byTarget) = (free, byTarget);

    /// <summary>Targets whose rows would have to wait.</summary>
    public string[] Blocked => [.. _byTarget.Where(t => t.Value.Any(p => _free.GetValueOrDefault(p) <= 0)).Select(t => t.Key)];

    /// <summary>Names of all pools that a batch needs, in order.</summary>
    public static IReadOnlyList<string> NamesOf(ApiBatch batch) =>
        [.. JsonSerializer.Deserialize<Dictionary<string, string[]>>(batch.Pools)!.Values.SelectMany(p => p).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The first rows that one piece may hold: next to each other, and in need of the same pools.</summary>
    public List<ApiBatchRow> Together(List<ApiBatchRow> rows)
    {
        int count = 1;
        while (count < rows.Count && rows[count].RowNo == rows[count - 1].RowNo + 1 && PoolsOf(rows[count]) == PoolsOf(rows[0]))
        {
            count++;
        }

        return count < rows.Count ? rows[..count] : rows;
    }

    /// <summary>Takes a place in each pool that the rows need; the names as a piece keeps them.</summary>
    public string Take(List<ApiBatchRow> rows)
    {
        string pools = PoolsOf(rows[0]);
        foreach (string name in pools.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            _free[name]--;
        }

        return pools;
    }

    private string PoolsOf(ApiBatchRow row) => _byTarget.TryGetValue(row.Target, out string[]? pools) ? $",{string.Join(',', pools)}," : "";
}
