using Orbit.ApiTesting.Values;

namespace Orbit.ApiTesting.Variables;

/// <summary>
/// The variables that one row sees. Never shared between rows. Precedence, highest first: step, extracted and set, dataset row, scenario,
/// environment, document; names with <c>$</c> are built in and cannot be hidden.
/// </summary>
public sealed class VariableScope
{
    private readonly BuiltIns _builtIns;
    private readonly IReadOnlyDictionary<string, Value>[] _outer;
    private readonly Dictionary<string, Value> _found = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _failed = new(StringComparer.Ordinal);

    /// <summary>Makes the variables of a row.</summary>
    /// <param name="seed">Of all chance in the run.</param>
    /// <param name="row">Number of the row, from 0.</param>
    /// <param name="time">The clock.</param>
    /// <param name="layers">Highest precedence first: row, scenario, environment, document.</param>
    public VariableScope(int seed, long row, TimeProvider time, params IReadOnlyDictionary<string, Value>[] layers)
    {
        (_builtIns, _outer) = (new(seed, row, time), layers);
        Masked = new();
    }

    /// <summary>What a step was given; above everything else while the step runs.</summary>
    public IReadOnlyDictionary<string, Value>? Step { get; set; }

    /// <summary>Values that no record may show.</summary>
    public Secrets Masked { get; init; }

    /// <summary>What was extracted and set so far.</summary>
    public IReadOnlyDictionary<string, Value> Found => _found;

    /// <summary>Remembers a value.</summary>
    public void Set(string name, Value value)
    {
        _found[name] = value;
        _ = _failed.Remove(name);
    }

    /// <summary>Remembers that a value could not be extracted: what needs it is skipped and says why.</summary>
    public void Fail(string name, string why)
    {
        _ = _found.Remove(name);
        _failed[name] = why;
    }

    /// <summary>Why a name has no value; null when it has one, or never was to have one.</summary>
    public string? WhyMissing(string name) => _failed.GetValueOrDefault(name);

    /// <summary>Finds a variable.</summary>
    public bool TryGet(string name, out Value value)
    {
        if (name.Length > 0 && name[0] == '$')
        {
            return _builtIns.TryGet(name, out value);
        }

        if (Step is not null && Step.TryGetValue(name, out value))
        {
            return true;
        }

        if (_failed.ContainsKey(name))
        {
            value = Value.Missing; // an older value of an outer layer would be a wrong one
            return false;
        }

        if (_found.TryGetValue(name, out value))
        {
            return true;
        }

        foreach (IReadOnlyDictionary<string, Value> layer in _outer)
        {
            if (layer.TryGetValue(name, out value))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>All variables as the row sees them now.</summary>
    public IReadOnlyDictionary<string, Value> Visible()
    {
        var all = new Dictionary<string, Value>(StringComparer.Ordinal);
        foreach (IReadOnlyDictionary<string, Value>? layer in (ReadOnlySpan<IReadOnlyDictionary<string, Value>?>)[.. _outer.Reverse(), _found, Step])
        {
            foreach ((string name, Value value) in layer ?? new Dictionary<string, Value>())
            {
                all[name] = value;
            }
        }

        foreach (string name in _failed.Keys)
        {
            _ = all.Remove(name);
        }

        return all;
    }

    /// <summary>Finds a variable that must be there.</summary>
    /// <exception cref="VariableException">It is not.</exception>
    public Value Require(string name, string place) => TryGet(name, out Value value)
        ? value
        : throw new VariableException(name, place, WhyMissing(name) is { } why ? $"the variable '{name}' has no value: {why}" : $"the variable '{name}' is unknown");
}
