using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.ParameterSets;

/// <summary>Everything that is wrong with parameters, so that a person mends it in one go.</summary>
internal sealed class ParameterProblems
{
    /// <summary>Most problems told at once: they travel in a header.</summary>
    private const int MostTold = 20;

    private readonly Dictionary<string, string> _allowed = new(StringComparer.Ordinal);
    private readonly List<string> _unknown = [];
    private int _count;

    /// <summary>Notes a value and what would be allowed in its place.</summary>
    public void Add(string path, string allowed)
    {
        _count++;
        if (_allowed.Count < MostTold)
        {
            _allowed.TryAdd(path, allowed);
        }
    }

    /// <summary>Notes a key that does not exist.</summary>
    public void AddUnknown(string path, IEnumerable<string> known)
    {
        if (_unknown.Count < MostTold)
        {
            _unknown.Add(path);
        }

        Add(path, $"no such key here; known are {string.Join(", ", known)}");
    }

    /// <summary>Refuses when there is anything.</summary>
    /// <exception cref="OrbitException">PARAMETER_UNKNOWN when a key is unknown, else PARAMETERS_INVALID.</exception>
    public void ThrowIfAny()
    {
        if (_count == 0)
        {
            return;
        }

        string more = _count > _allowed.Count ? $" (and {_count - _allowed.Count} more)" : "";
        if (_unknown.Count > 0)
        {
            string keys = string.Join(", ", _unknown.Select(k => $"'{k}'"));
            string hint = _unknown.Any(k => !k.Contains('.', StringComparison.Ordinal)) ? " Variables for scripts and tests go under 'env'." : "";
            throw new OrbitException(Refusal.Invalid, "PARAMETER_UNKNOWN", $"Unknown parameter {keys}{more}.{hint}") { Details = _allowed };
        }

        string problems = string.Join("; ", _allowed.Take(5).Select(p => $"{p.Key}: must be {p.Value}"));
        string rest = _allowed.Count > 5 ? $"; {_count - 5} more" : more;
        throw new OrbitException(Refusal.Invalid, "PARAMETERS_INVALID", $"The parameters are not valid. {problems}{rest}.") { Details = _allowed };
    }
}
