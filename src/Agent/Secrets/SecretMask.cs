using System.Text;
using System.Text.Encodings.Web;

namespace Orbit.Agent.Secrets;

/// <summary>
/// Finds the values of a plan's secret variables in what is about to leave the host: as they are, line by line, and in their JSON and
/// percent-encoded forms. Never changes; safe for any number of callers.
/// </summary>
internal sealed class SecretMask
{
    /// <summary>Hides nothing.</summary>
    public static readonly SecretMask None = new([]);

    private const byte Star = (byte)'*';
    private const string Stars = "***";

    /// <summary>Lines of a value that are shorter are too common to be hidden by themselves.</summary>
    private const int ShortestLine = 4;

    private readonly string[] _texts;
    private readonly byte[][] _patterns;

    private SecretMask(IEnumerable<string> texts)
    {
        _texts = [.. texts.OrderByDescending(text => text.Length)];
        _patterns = [.. _texts.Select(Encoding.UTF8.GetBytes)];
    }

    /// <summary>True when there is nothing to hide.</summary>
    public bool IsEmpty => _texts.Length == 0;

    /// <summary>Hides these values.</summary>
    public static SecretMask Of(IEnumerable<string> values)
    {
        string[] texts = [.. values.SelectMany(Forms).Distinct(StringComparer.Ordinal)];
        return texts.Length == 0 ? None : new SecretMask(texts);
    }

    /// <summary>The text with every value replaced by stars.</summary>
    public string Hide(string text)
    {
        foreach (string secret in _texts)
        {
            text = text.Replace(secret, Stars, StringComparison.Ordinal);
        }

        return text;
    }

    /// <summary>Overwrites every value by as many stars as it has bytes, so that positions stay.</summary>
    /// <returns>Whether there was any.</returns>
    public bool Hide(Span<byte> bytes)
    {
        List<Range> found = Find(bytes);
        foreach (Range range in found)
        {
            bytes[range].Fill(Star);
        }

        return found.Count > 0;
    }

    /// <summary>
    /// How many of these bytes can be judged now: those after may be the beginning of a value that goes on, or belong to one that overlaps it.
    /// </summary>
    public int Decided(ReadOnlySpan<byte> bytes)
    {
        int end = BeginningAtEnd(bytes);
        if (end == bytes.Length)
        {
            return end;
        }

        List<Range> found = Find(bytes);
        for (bool moved = true; moved;)
        {
            moved = false;
            foreach (Range range in found)
            {
                if (range.Start.Value < end && range.End.Value > end)
                {
                    (end, moved) = (range.Start.Value, true);
                }
            }
        }

        return end;
    }

    /// <summary>Hides also a value that the end cut off in its second half.</summary>
    public void HideLast(Span<byte> bytes)
    {
        int tail = BeginningAtEnd(bytes);
        bool mostOfOne = false;
        foreach (byte[] pattern in _patterns)
        {
            mostOfOne |= pattern.Length > bytes.Length - tail && (bytes.Length - tail) * 2 >= pattern.Length && pattern.AsSpan().StartsWith(bytes[tail..]);
        }

        _ = Hide(bytes);
        if (mostOfOne)
        {
            bytes[tail..].Fill(Star);
        }
    }

    private static IEnumerable<string> Forms(string value)
    {
        if (value.Length == 0)
        {
            yield break;
        }

        yield return value;
        yield return JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(value);
        yield return JavaScriptEncoder.Default.Encode(value);
        yield return Uri.EscapeDataString(value);
        foreach (string line in value.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries).Where(line => line.Length >= ShortestLine))
        {
            yield return line;
        }
    }

    private List<Range> Find(ReadOnlySpan<byte> bytes)
    {
        var found = new List<Range>();
        foreach (byte[] pattern in _patterns)
        {
            for (int at = 0; bytes[at..].IndexOf(pattern) is >= 0 and int next; at += next + 1)
            {
                found.Add(new Range(at + next, at + next + pattern.Length));
            }
        }

        return found;
    }

    /// <summary>Where the longest beginning of a value stands at the very end; the length when none does.</summary>
    private int BeginningAtEnd(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.Length;
        foreach (byte[] pattern in _patterns)
        {
            for (int at = Math.Max(0, bytes.Length - pattern.Length + 1); at < end; at++)
            {
                if (bytes[at] == pattern[0] && pattern.AsSpan().StartsWith(bytes[at..]))
                {
                    end = at;
                }
            }
        }

        return end;
    }
}
