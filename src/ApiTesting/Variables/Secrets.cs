using System.Text;
using Orbit.ApiTesting.Values;

namespace Orbit.ApiTesting.Variables;

/// <summary>Values that must not be seen, in every form they may be sent in.</summary>
public sealed class Secrets
{
    /// <summary>What stands in their place.</summary>
    public const string Mask = "••••••";

    // One or two characters would blank out half of every record.
    private const int Shortest = 3;

    private static readonly string[] Words = ["password", "passwd", "secret", "token", "apikey", "api_key", "api-key", "authorization", "credential", "session", "cookie", "private_key"];

    private readonly List<string> _forms = [];

    /// <summary>Makes an empty list.</summary>
    public Secrets()
    {
    }

    /// <summary>Makes a list that begins with another's.</summary>
    public Secrets(Secrets other) => _forms.AddRange(other._forms);

    /// <summary>True when there is nothing to hide.</summary>
    public bool IsEmpty => _forms.Count == 0;

    /// <summary>True for names that speak of secrets: what is extracted under one is masked unless the document says otherwise.</summary>
    public static bool Suggests(string name) => Words.Any(w => name.Contains(w, StringComparison.OrdinalIgnoreCase));

    /// <summary>Hides a value from now on.</summary>
    public void Add(string value)
    {
        if (value.Length < Shortest)
        {
            return;
        }

        foreach (string form in (ReadOnlySpan<string>)[value, JsonText.Escape(value), Uri.EscapeDataString(value), Convert.ToBase64String(Encoding.UTF8.GetBytes(value))])
        {
            if (!_forms.Contains(form))
            {
                _forms.Add(form);
                _forms.Sort(static (a, b) => b.Length.CompareTo(a.Length)); // the longest first, so that none leaves a rest
            }
        }
    }

    /// <summary>The text without them.</summary>
    public string Hide(string text)
    {
        foreach (string form in _forms)
        {
            if (text.Contains(form, StringComparison.Ordinal))
            {
                text = text.Replace(form, Mask, StringComparison.Ordinal);
            }
        }

        return text;
    }
}
