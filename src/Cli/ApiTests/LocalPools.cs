using Orbit.ApiTesting.Documents;
using Orbit.ApiTesting.Running;

namespace Orbit.Cli.ApiTests;

/// <summary>
/// Resource pools of a run without a server: every row runs the same scenario and so needs a place in each of its pools, so that no more rows
/// run at once than the smallest has. One place unless its size is given.
/// </summary>
internal sealed class LocalPools
{
    private readonly (string Name, int Size)[] _pools;

    /// <exception cref="UsageException">A size is given for a pool that the scenario does not use.</exception>
    public LocalPools(ApiDocument document, Scenario scenario, IReadOnlyDictionary<string, int> sizes)
    {
        _pools = [.. ResourceUses.Of(document, scenario).Select(name => (name, sizes.GetValueOrDefault(name, 1)))];
        if (sizes.Keys.FirstOrDefault(given => !_pools.Any(p => p.Name == given)) is { } unknown)
        {
            throw new UsageException($"--pool {unknown}: {scenario.Name} uses {(_pools.Length == 0 ? "no resource pool" : string.Join(", ", _pools.Select(p => p.Name)))}");
        }
    }

    /// <summary>Rows at a time.</summary>
    public int Concurrency(int wanted) => _pools.Select(p => p.Size).Append(wanted).Min();

    /// <summary>What is to be said of a run that is held back; empty when it is not.</summary>
    public string Notice(int wanted) => _pools.Where(p => p.Size < wanted).OrderBy(p => p.Size).ToArray() is not [var least, ..]
        ? ""
        : $"{least.Size} instead of {wanted} rows at a time: resource pool '{least.Name}'; --pool {least.Name}=N when it has more places";
}
